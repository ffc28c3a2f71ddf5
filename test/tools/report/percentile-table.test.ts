import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createLatencyHistogram, type LatencyHistogram } from '../../../src/tools/report/latency-histogram.js';
import { percentileTable } from '../../../src/tools/report/percentile-table.js';

function upTo(count: number): LatencyHistogram {
  const histogram = createLatencyHistogram();
  for (let value = 1; value <= count; value++) histogram.recordValue(value);
  return histogram;
}

function percentilesOf(table: string): string[] {
  return [...table.matchAll(/^ *([\d.]+) %/gm)].map((match) => match[1]!);
}

describe('percentileTable', () => {
  it('shows value and count above for each percentile, aligned, and the moments', () => {
    const histogram = createLatencyHistogram();
    histogram.recordValueWithCount(850, 500_000);
    histogram.recordValueWithCount(1_250, 400_000);
    histogram.recordValueWithCount(3_400_000, 99_999);
    histogram.recordValue(2_000_000_000);
    expect(percentileTable(histogram, false)).toBe(
      [
        'percentile   latency   count above',
        '       0 %    850 ns       500,000',
        '      50 %    850 ns       500,000',
        '      75 %   1.25 µs       100,000',
        '      90 %   1.25 µs       100,000',
        '      99 %    3.4 ms             1',
        '    99.9 %    3.4 ms             1',
        '   99.99 %    3.4 ms             1',
        '  99.999 %    3.4 ms             1',
        '     100 %      2 s              0',
        '──────────────────────────────────',
        'mean 343 µs   stddev 2.24 ms   count 1,000,000',
      ].join('\n'),
    );
  });

  it('has as many rows as the count supports', () => {
    const all = ['0', '50', '75', '90', '99', '99.9', '99.99', '99.999', '100'];
    const rowsFor = (count: number): string[] => percentilesOf(percentileTable(upTo(count), false));
    expect(rowsFor(1)).toEqual(['0', '100']);
    expect(rowsFor(2)).toEqual(['0', '50', '100']);
    expect(rowsFor(99)).toEqual(['0', '50', '75', '90', '100']);
    expect(rowsFor(100)).toEqual(['0', '50', '75', '90', '99', '100']);
    expect(rowsFor(99_999)).toEqual(all.filter((percentile) => percentile !== '99.999'));
    expect(rowsFor(100_000)).toEqual(all);
  });

  it('keeps columns aligned when a count is wider than its heading', () => {
    const histogram = upTo(10);
    histogram.recordValueWithCount(123_456, 1e12);
    const rows = percentileTable(histogram, false).split('\n').slice(0, -1);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    expect(rows[1]).toContain('1,000,000,000,009');
  });

  it('has colours only when asked, and says the same with them', () => {
    const histogram = upTo(5_000);
    const plain = percentileTable(histogram, false);
    const coloured = percentileTable(histogram, true);
    expect(plain).not.toContain('\x1b');
    expect(coloured).toContain('\x1b[1m');
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });

  it('says that nothing was recorded', () => {
    expect(percentileTable(createLatencyHistogram(), true)).toBe('no latencies recorded');
  });
});
