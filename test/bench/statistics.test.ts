import { describe, expect, test } from 'vitest';
import { ratiosOf, spreadOf } from '../../bench/runner/rounds.js';

describe('a spread', () => {
  test('is the median, the least and the greatest, in whatever order the values came', () => {
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
  });

  test('of an even number of values has the mean of the middle two', () => {
    expect(spreadOf([4, 1, 2, 100])).toEqual({ median: 3, min: 1, max: 100 });
  });

  test('of one value is that value', () => {
    expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  });

  test('of no values is an error', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});

test('ratios are taken round by round, so that a slow hour cancels out', () => {
  expect(ratiosOf([10, 1, 40], [5, 0.5, 20])).toEqual([2, 2, 2]);
});

test('ratios are of the rounds that both have', () => {
  expect(ratiosOf([1, 2, 3], [1, 2])).toEqual([1, 1]);
});
