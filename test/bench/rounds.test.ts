import { describe, expect, test } from 'vitest';
import { VerificationError } from '../../bench/contestants/contestant.js';
import { SHORT } from '../../bench/runner/bench.js';
import { interleave, ratiosOf, spreadOf } from '../../bench/runner/rounds.js';

const run = { profile: { ...SHORT, rounds: 3 }, interrupted: new AbortController().signal, progress() {} };

describe('rounds', () => {
  test('take turns, and tell each what it gave before', async () => {
    const turns: string[] = [];
    const entries = ['A', 'B', 'C'].map((key) => ({
      key,
      measure: async (previous: number | undefined) => {
        turns.push(key);
        return (previous ?? 0) + 1;
      },
    }));
    const { samples } = await interleave(run, 'test', entries);
    expect(turns.join('')).toBe('ABCABCABC');
    expect(samples.get('B')).toEqual([1, 2, 3]);
  });

  test('leave out what cannot be measured, say why, and go on', async () => {
    const entries = [
      { key: 'broken', measure: () => Promise.reject(new Error('no server\nand more')) },
      { key: 'sound', measure: async () => 1 },
    ];
    const { samples, failures } = await interleave(run, 'test', entries);
    expect([...samples]).toEqual([['sound', [1, 1, 1]]]);
    expect(failures.get('broken')).toBe('no server');
  });

  test('end when messages came to harm', async () => {
    const entries = [{ key: 'wrong', measure: () => Promise.reject(new VerificationError('1 wrong')) }];
    await expect(interleave(run, 'test', entries)).rejects.toThrow('1 wrong');
  });
});

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
