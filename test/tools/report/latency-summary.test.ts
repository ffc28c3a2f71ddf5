import { describe, expect, it } from 'vitest';
import { createLatencyHistogram } from '../../../src/tools/report/latency-histogram.js';
import { summarize } from '../../../src/tools/report/latency-summary.js';

const context = { mode: 'one-way', payloadBytes: 64, idle: 'spin', lost: 0 };

describe('summarize', () => {
  it('reports the figures of a known distribution', () => {
    const histogram = createLatencyHistogram();
    for (let ns = 1; ns <= 2_000; ns++) histogram.recordValue(ns);
    expect(summarize(histogram, { ...context, lost: 3 })).toEqual({
      mode: 'one-way',
      unit: 'ns',
      payloadBytes: 64,
      idle: 'spin',
      count: 2_000,
      min: 1,
      mean: 1_000.5,
      p50: 1_000,
      p90: 1_800,
      p99: 1_980,
      p999: 1_998,
      p9999: 2_000,
      max: 2_000,
      lost: 3,
    });
  });

  it('prints its keys in the documented order', () => {
    expect(Object.keys(summarize(createLatencyHistogram(), context)).join(' ')).toBe(
      'mode unit payloadBytes idle count min mean p50 p90 p99 p999 p9999 max lost',
    );
  });

  it('is all zeros, and survives JSON, when nothing was recorded', () => {
    const { mode, unit, idle, payloadBytes, ...figures } = summarize(createLatencyHistogram(), context);
    expect({ mode, unit, idle, payloadBytes }).toEqual({ mode: 'one-way', unit: 'ns', idle: 'spin', payloadBytes: 64 });
    expect(new Set(Object.values(JSON.parse(JSON.stringify(figures))))).toEqual(new Set([0]));
  });

  it('rises from the minimum to the maximum whatever the rounding of the histogram', () => {
    const histogram = createLatencyHistogram();
    histogram.recordValueWithCount(1_000_001, 9_999);
    histogram.recordValue(1_000_003);
    const { min, p50, p90, p99, p999, p9999, max } = summarize(histogram, context);
    const rising = [min, p50, p90, p99, p999, p9999, max];
    expect(rising).toEqual(rising.toSorted((a, b) => a - b));
    expect([min, max]).toEqual([1_000_001, 1_000_003]);
  });
});
