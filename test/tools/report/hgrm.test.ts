import { describe, expect, it } from 'vitest';
import { formatHgrm } from '../../../src/tools/report/hgrm.js';
import { createLatencyHistogram } from '../../../src/tools/report/latency-histogram.js';

function parse(text: string): number[][] {
  const lines = text.split('\n').filter((line) => /^ *\d/.test(line));
  return lines.map((line) => line.trim().split(/ +/).map(Number));
}

describe('formatHgrm', () => {
  it('has the header, columns and footer that plotters look for', () => {
    const histogram = createLatencyHistogram();
    for (let ns = 1; ns <= 1_000; ns++) histogram.recordValue(ns);
    const text = formatHgrm(histogram);
    expect(text.startsWith('       Value     Percentile TotalCount 1/(1-Percentile)\n\n')).toBe(true);
    expect(text).toMatch(/^#\[Mean {4}= +500\.500, StdDeviation {3}= +288\.675\]$/m);
    expect(text).toMatch(/^#\[Max {5}= +1000\.000, Total count {4}= +1000\]$/m);
    expect(text).toMatch(/^#\[Buckets = +\d+, SubBuckets {5}= +2048\]\n$/m);
  });

  it('is in nanoseconds, with five lines for each half of the distance to 100 %', () => {
    const histogram = createLatencyHistogram();
    for (let ns = 1; ns <= 1_000; ns++) histogram.recordValue(ns);
    const rows = parse(formatHgrm(histogram));
    expect(rows.slice(0, 7).map(([value, percentile]) => [value, percentile])).toEqual([
      [1, 0],
      [100, 0.1],
      [200, 0.2],
      [300, 0.3],
      [400, 0.4],
      [500, 0.5],
      [550, 0.55],
    ]);
    expect(rows.at(-1)).toEqual([1_000, 1, 1_000]);
  });

  it('is a file without lines of values when nothing was recorded', () => {
    const text = formatHgrm(createLatencyHistogram());
    expect(parse(text)).toEqual([]);
    expect(text).not.toMatch(/NaN|Infinity/);
    expect(text).toMatch(/Total count {4}= +0\]/);
  });
});
