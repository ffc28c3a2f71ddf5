import { describe, expect, it } from 'vitest';
import { formatNs } from '../../../src/tools/report/duration-format.js';

describe('formatNs', () => {
  it('uses the largest unit of which there is at least one', () => {
    expect([1, 999, 1_000, 999_000, 1_000_000, 999_000_000, 1e9].map((ns) => formatNs(ns))).toEqual([
      '1 ns',
      '999 ns',
      '1 µs',
      '999 µs',
      '1 ms',
      '999 ms',
      '1 s',
    ]);
  });

  it('rounds to three significant digits without trailing zeros', () => {
    expect([850, 1_250, 3_400_000, 2e9, 1_234_567, 98_765].map((ns) => formatNs(ns))).toEqual([
      '850 ns',
      '1.25 µs',
      '3.4 ms',
      '2 s',
      '1.23 ms',
      '98.8 µs',
    ]);
  });

  it('carries into the next unit when rounding reaches it', () => {
    expect([999.4, 999.6, 999_499, 999_600, 999_999_999].map((ns) => formatNs(ns))).toEqual([
      '999 ns',
      '1 µs',
      '999 µs',
      '1 ms',
      '1 s',
    ]);
  });

  it('never rounds digits before the decimal point away', () => {
    expect(formatNs(3600e9)).toBe('3600 s');
    expect(formatNs(86_399e9)).toBe('86399 s');
  });

  it('shows nothing, fractions and differences', () => {
    expect([0, -0, 0.25, -1_250, -999.6].map((ns) => formatNs(ns))).toEqual([
      '0 ns',
      '0 ns',
      '0.25 ns',
      '-1.25 µs',
      '-1 µs',
    ]);
  });

  it('tells neighbours apart with more digits', () => {
    expect([10_020, 10_040].map((ns) => formatNs(ns, 4))).toEqual(['10.02 µs', '10.04 µs']);
    expect(formatNs(31_500, 15)).toBe('31.5 µs');
  });

  it('has a sign for what is not a duration', () => {
    expect([Number.NaN, Number.POSITIVE_INFINITY].map((ns) => formatNs(ns))).toEqual(['—', '—']);
  });
});
