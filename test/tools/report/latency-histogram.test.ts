import { Float64Histogram } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import {
  createLatencyHistogram,
  hasValuesBeyond,
  latencyAtPercentile,
  meanLatency,
  minLatency,
  PREALLOCATED_RANGE_NS,
  recordedCells,
} from '../../../src/tools/report/latency-histogram.js';

const PERCENTILES = [0, 50, 75, 90, 99, 99.9, 99.99, 99.999, 100];

describe('recording', () => {
  it('puts every value into the cell that the library would', () => {
    const library = new Float64Histogram(1, PREALLOCATED_RANGE_NS, 3);
    const histogram = createLatencyHistogram();
    const values = [0, 1, PREALLOCATED_RANGE_NS, 0.5, 2047.5];
    for (let power = 1; power <= 41; power++) values.push(2 ** power - 1, 2 ** power, 2 ** power + 1);
    for (let step = 0; step < 20_000; step++) values.push(Math.floor(2 ** ((step * 41) / 20_000)));
    for (const value of values)
      expect([value, histogram.countsArrayIndex(value)]).toEqual([value, library.countsArrayIndex(value)]);
  });

  it('is exact to a thousandth from a nanosecond to an hour, and in its extremes exact', () => {
    for (const ns of [1, 2_047, 5_001, 2 ** 31 - 1, 2 ** 31 + 5, 2 ** 32 - 1, 2 ** 32 + 7, PREALLOCATED_RANGE_NS]) {
      const histogram = createLatencyHistogram();
      histogram.recordValue(ns);
      const [cell] = recordedCells(histogram);
      expect(cell!.lowestNs).toBeLessThanOrEqual(ns);
      expect(cell!.highestNs).toBeGreaterThanOrEqual(ns);
      expect(cell!.highestNs - cell!.lowestNs).toBeLessThanOrEqual(ns / 1000);
      expect([minLatency(histogram), meanLatency(histogram), histogram.maxValue]).toEqual([ns, ns, ns]);
      expect(PERCENTILES.map((percentile) => latencyAtPercentile(histogram, percentile))).toEqual(
        PERCENTILES.map(() => ns),
      );
    }
  });

  it('counts a latency of 0', () => {
    const histogram = createLatencyHistogram();
    histogram.recordValue(0);
    histogram.recordValue(7);
    expect([histogram.totalCount, minLatency(histogram), latencyAtPercentile(histogram, 50)]).toEqual([2, 0, 0]);
    expect(recordedCells(histogram)).toEqual([
      { lowestNs: 0, highestNs: 0, count: 1 },
      { lowestNs: 7, highestNs: 7, count: 1 },
    ]);
  });

  it('grows for latencies above the hour and keeps what it had', () => {
    const histogram = createLatencyHistogram();
    histogram.recordValueWithCount(800, 3);
    const footprint = histogram.estimatedFootprintInBytes;
    histogram.recordValue(PREALLOCATED_RANGE_NS);
    expect(histogram.estimatedFootprintInBytes).toBe(footprint);
    histogram.recordValue(10 * PREALLOCATED_RANGE_NS);
    histogram.recordValue(Number.MAX_SAFE_INTEGER);
    expect(histogram.totalCount).toBe(6);
    expect(latencyAtPercentile(histogram, 50)).toBe(800);
    expect(latencyAtPercentile(histogram, 100)).toBe(Number.MAX_SAFE_INTEGER);
    expect(recordedCells(histogram).reduce((sum, cell) => sum + cell.count, 0)).toBe(6);
  });

  it('refuses what is not a latency and stays as it was', () => {
    const histogram = createLatencyHistogram();
    histogram.recordValue(42);
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53]) {
      expect(() => histogram.recordValue(value)).toThrow(RangeError);
    }
    expect([histogram.totalCount, meanLatency(histogram), histogram.maxValue]).toEqual([1, 42, 42]);
  });

  it('does not wrap above 2^32 equal latencies', () => {
    const histogram = createLatencyHistogram();
    histogram.recordValueWithCount(5, 2 ** 32 - 1);
    histogram.recordValue(5);
    histogram.recordValue(5);
    expect(recordedCells(histogram)).toEqual([{ lowestNs: 5, highestNs: 5, count: 2 ** 32 + 1 }]);
  });

  it('adds up with another histogram', () => {
    const [first, second] = [createLatencyHistogram(), createLatencyHistogram()];
    first.recordValue(1_000);
    second.recordValue(10);
    second.recordValue(2 * PREALLOCATED_RANGE_NS);
    first.add(second);
    expect([first.totalCount, minLatency(first), first.maxValue]).toEqual([3, 10, 2 * PREALLOCATED_RANGE_NS]);
  });
});

describe('reading', () => {
  it('finds nothing in an empty histogram', () => {
    const histogram = createLatencyHistogram();
    expect([minLatency(histogram), meanLatency(histogram), latencyAtPercentile(histogram, 99)]).toEqual([0, 0, 0]);
    expect(recordedCells(histogram)).toEqual([]);
    expect(hasValuesBeyond(histogram, 50)).toBe(false);
  });

  it('never reports a percentile or a mean outside of what was recorded', () => {
    const histogram = createLatencyHistogram();
    // Both are in the lower half of their cells, whose middles and upper ends lie above them.
    histogram.recordValueWithCount(1_000_001, 1_000);
    expect([meanLatency(histogram), latencyAtPercentile(histogram, 99.9)]).toEqual([1_000_001, 1_000_001]);
    histogram.recordValue(4_000_001);
    expect(latencyAtPercentile(histogram, 100)).toBe(4_000_001);
  });

  it('supports a percentile from the count on at which a value lies beyond it', () => {
    for (const [percentile, count] of [
      [50, 2],
      [75, 4],
      [90, 10],
      [99, 100],
      [99.9, 1_000],
      [99.99, 10_000],
      [99.999, 100_000],
    ] as const) {
      const histogram = createLatencyHistogram();
      histogram.recordValueWithCount(1, count - 1);
      expect([percentile, hasValuesBeyond(histogram, percentile)]).toEqual([percentile, false]);
      histogram.recordValue(1);
      expect([percentile, hasValuesBeyond(histogram, percentile)]).toEqual([percentile, true]);
    }
  });
});
