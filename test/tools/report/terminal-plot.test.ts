import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createLatencyHistogram, type LatencyHistogram } from '../../../src/tools/report/latency-histogram.js';
import { terminalPlot } from '../../../src/tools/report/terminal-plot.js';

const plain = { width: 80, colour: false };

/** Uniform in [0, 1), the same in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `count` latencies, whose logarithms are spread as a bell around that of `medianNs`. */
function bell(count: number, medianNs: number, spread: number, into = createLatencyHistogram()): LatencyHistogram {
  const random = generator(count);
  for (let index = 0; index < count; index++) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    into.recordValue(Math.round(medianNs * Math.exp(spread * normal)));
  }
  return into;
}

interface Row {
  readonly label: string;
  /** Columns, in eighths. */
  readonly bar: number;
  readonly count: number;
  readonly line: string;
}

function rowsOf(plot: string): Row[] {
  return plot
    .split('\n')
    .filter((line) => line.includes('│'))
    .map((line) => {
      const [, label, blocks, count] = /^ *(\S+ \S+) │([█▉▊▋▌▍▎▏]*) *([\d,]*)/.exec(line)!;
      const bar = [...blocks!].reduce((sum, block) => sum + ' ▏▎▍▌▋▊▉█'.indexOf(block), 0);
      return { label: label!, bar, count: Number(count!.replaceAll(',', '')), line };
    });
}

describe('terminalPlot', () => {
  it('draws bars in proportion, with counts, shares and percentiles', () => {
    const histogram = createLatencyHistogram();
    histogram.recordValueWithCount(1, 200);
    histogram.recordValueWithCount(2, 600);
    histogram.recordValueWithCount(3, 100);
    histogram.recordValueWithCount(4, 99);
    histogram.recordValue(5);
    expect(terminalPlot(histogram, { width: 54, colour: false })).toBe(
      [
        'from                         count    share',
        '1 ns │███████▍                 200  20.00 %',
        '2 ns │██████████████████████   600  60.00 %  p50',
        '3 ns │███▋                     100  10.00 %  p90',
        '4 ns │███▋                      99   9.90 %  p99 p99.9',
        '5 ns │▏                          1   0.10 %  max 5 ns',
      ].join('\n'),
    );
  });

  it('accounts for every value', () => {
    const histogram = bell(50_000, 20_000, 1.5);
    const rows = rowsOf(terminalPlot(histogram, plain));
    expect(rows.reduce((sum, row) => sum + row.count, 0)).toBe(50_000);
  });

  it.each([
    ['narrow', bell(20_000, 10_200, 0.006)],
    ['nanoseconds', bell(20_000, 85, 0.05)],
    ['ordinary', bell(20_000, 2_000, 0.4)],
    ['bimodal', bell(20_000, 65_000, 0.2, bell(30_000, 900, 0.15))],
    ['five decades', bell(20_000, 20_000, 2)],
    ['one outlier', bell(1, 48_300_000, 0, bell(20_000, 320, 0.1))],
    ['long tail', bell(100, 1_000_000, 1, bell(20_000, 320, 0.1))],
  ])('shows the shape of a %s distribution in 10 to 24 lines', (_, histogram) => {
    const plot = terminalPlot(histogram, plain);
    const lines = plot.split('\n').length - 1;
    expect(lines).toBeGreaterThanOrEqual(10);
    expect(lines).toBeLessThanOrEqual(24);
    // Half of the values in one bucket would be no shape.
    expect(Math.max(...rowsOf(plot).map((row) => row.count))).toBeLessThan(histogram.totalCount / 2);
  });

  it('accounts for a tail that ends right above the bulk', () => {
    const histogram = createLatencyHistogram();
    histogram.recordValue(10);
    for (let ns = 900; ns < 980; ns++) histogram.recordValueWithCount(ns, 100);
    histogram.recordValueWithCount(997, 3);
    const plot = terminalPlot(histogram, plain);
    expect(plot).toContain('wider buckets');
    expect(rowsOf(plot).reduce((sum, row) => sum + row.count, 0)).toBe(8_004);
  });

  it('begins at or below the minimum when a tail begins right below the bulk', () => {
    const histogram = createLatencyHistogram();
    histogram.recordValueWithCount(1_001, 3);
    for (let ns = 1_060; ns < 1_140; ns++) histogram.recordValueWithCount(ns, 100);
    histogram.recordValue(1_000_000);
    const first = rowsOf(terminalPlot(histogram, plain))[0]!;
    expect([first.label, first.count]).toEqual(['1 µs', 3]);
  });

  it.each([60, 80, 120, 200])('fills %i columns and not one more', (width) => {
    const lines = terminalPlot(bell(50_000, 2_000, 0.4), { width, colour: false }).split('\n');
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(width);
    const rows = rowsOf(lines.join('\n'));
    const widest = Math.max(...rows.map((row) => row.bar));
    expect(widest % 8).toBe(0);
    expect(widest / 8).toBeGreaterThan(width - 50);
  });

  it('does without the percentiles rather than wrap on a narrow terminal', () => {
    const lines = terminalPlot(bell(50_000, 2_000, 0.4), { width: 40, colour: false }).split('\n');
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(40);
    expect(lines.join()).not.toContain('p50');
  });

  it('keeps a single value among millions visible', () => {
    const histogram = createLatencyHistogram();
    histogram.recordValueWithCount(1_000, 10_000_000);
    histogram.recordValue(3_000);
    const last = rowsOf(terminalPlot(histogram, plain)).at(-1)!;
    expect([last.bar, last.count]).toEqual([1, 1]);
    expect(last.line).toContain('<0.01 %');
    expect(last.line).toContain('max 3 µs');
  });

  it('draws nothing for an empty bucket and one line for many', () => {
    const histogram = bell(5_000, 65_000, 0.1, bell(5_000, 900, 0.1));
    const plot = terminalPlot(histogram, plain);
    expect(plot.match(/⋮/g)).toHaveLength(1);
    const rows = rowsOf(plot);
    expect(rows.filter((row) => row.count === 0).every((row) => row.bar === 0)).toBe(true);
    expect([rows[0]!.count, rows.at(-1)!.count]).not.toContain(0);
  });

  it('says where buckets become wider for a long tail', () => {
    const plot = terminalPlot(bell(200, 1_000_000, 1, bell(50_000, 320, 0.1)), plain);
    expect(plot).toContain('↓ wider buckets');
    expect(terminalPlot(bell(50_000, 2_000, 0.4), plain)).not.toContain('wider buckets');
  });

  it('marks each percentile beside the bucket that holds it', () => {
    const histogram = createLatencyHistogram();
    for (let ns = 1; ns <= 100; ns++) histogram.recordValueWithCount(ns, 10);
    const rows = rowsOf(terminalPlot(histogram, plain));
    const rowOf = (mark: string): string[] =>
      rows.filter((row) => row.line.split(' ').includes(mark)).map((row) => row.label);
    expect([rowOf('p50'), rowOf('p90'), rowOf('p99'), rowOf('p99.9'), rowOf('max')]).toEqual([
      ['50 ns'],
      ['80 ns'],
      ['80 ns'],
      ['100 ns'],
      ['100 ns'],
    ]);
  });

  it('labels neighbouring buckets differently', () => {
    for (const histogram of [bell(20_000, 10_000_000, 0.003), bell(20_000, 123_456, 0.002), bell(50, 3, 1)]) {
      const labels = rowsOf(terminalPlot(histogram, plain)).map((row) => row.label);
      expect(new Set(labels).size).toBe(labels.length);
    }
  });

  it.each([0, 1, 5_021, 777_777, 3_600e9, Number.MAX_SAFE_INTEGER])('is one full bar for the one latency %i', (ns) => {
    const histogram = createLatencyHistogram();
    histogram.recordValue(ns);
    const rows = rowsOf(terminalPlot(histogram, plain));
    expect(rows.map((row) => row.count)).toEqual([1]);
    expect(rows[0]!.bar).toBeGreaterThan(8);
    expect(rows[0]!.line).toContain('100.00 %');
  });

  it('accounts for every value in few enough lines whatever the distribution', () => {
    const random = generator(7);
    for (let round = 0; round < 300; round++) {
      const histogram = createLatencyHistogram();
      const [decades, from, size] = [random() * 14, random() * 3, 1 + random() * 200];
      for (let index = 0; index < size; index++) {
        histogram.recordValueWithCount(
          Math.floor(10 ** (from + random() ** 3 * decades) - 1),
          1 + Math.floor(random() ** 8 * 1e5),
        );
      }
      const plot = terminalPlot(histogram, plain);
      expect(plot.split('\n').length - 1, `round ${round}`).toBeLessThanOrEqual(24);
      expect(rowsOf(plot).reduce((sum, row) => sum + row.count, 0)).toBe(histogram.totalCount);
    }
  });

  it('has colours only when asked, and says the same with them', () => {
    const histogram = bell(5_000, 2_000, 0.4);
    const uncoloured = terminalPlot(histogram, plain);
    const coloured = terminalPlot(histogram, { width: 80, colour: true });
    expect(uncoloured).not.toContain('\x1b');
    expect(coloured).toContain('\x1b[36m█');
    expect(stripVTControlCharacters(coloured)).toBe(uncoloured);
  });

  it('says that nothing was recorded', () => {
    expect(terminalPlot(createLatencyHistogram(), plain)).toBe('no latencies recorded');
  });
});
