import { expect } from 'vitest';
import type { LatencySummary } from '../../src/tools/report/latency-summary.js';

/** Expects the documented object: these fields and no others, in this order, and figures that fit each other. */
export function expectSummary(summary: LatencySummary, wanted: Partial<LatencySummary>): void {
  expect(Object.keys(summary)).toEqual([
    ...['mode', 'unit', 'payloadBytes', 'idle', 'count', 'min', 'mean', 'p50', 'p90', 'p99', 'p999', 'p9999', 'max'],
    'lost',
  ]);
  expect(summary).toMatchObject({ unit: 'ns', ...wanted });
  const { min, mean, p50, p90, p99, p999, p9999, max } = summary;
  const ascending = [min, p50, p90, p99, p999, p9999, max];
  expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
  expect(ascending.every(Number.isInteger)).toBe(true);
  expect(min).toBeGreaterThan(0);
  expect(mean).toBeGreaterThanOrEqual(min);
  expect(mean).toBeLessThanOrEqual(max);
  expect(max).toBeLessThan(60e9);
}
