import { describe, expect, test } from 'vitest';
import { VerificationError } from '../../bench/contestants/contestant.js';
import { SHORT } from '../../bench/runner/bench.js';
import { interleave } from '../../bench/runner/rounds.js';

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
