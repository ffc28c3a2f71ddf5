import { describe, expect, test } from 'vitest';
import { ReadingDistance } from '../../src/waiting/reading-distance.js';

const LIMIT = 256;

/** What a reader does that finds batches of these sizes; 0 is a look that found nothing. The pauses, in nanoseconds. */
function pausesOf(found: readonly number[], mostNs = 900, limit = LIMIT, hasMore = true): number[] {
  const pauses: number[] = [];
  const distance = new ReadingDistance(
    mostNs,
    () => hasMore,
    (ns) => pauses.push(ns),
  );
  for (const count of found) {
    if (count === 0) distance.noteNothing();
    else distance.keep(count, limit);
  }
  return pauses;
}

const times = <T>(count: number, ...values: T[]): T[] => Array.from({ length: count }, () => values).flat();
const silence = (looks: number) => times(looks, 0);

describe('a reader of a stream', () => {
  test('pauses after each short batch, longer each time, up to the most', () => {
    expect(pausesOf(times(6, 20))).toEqual([225, 450, 900, 900, 900, 900]);
    expect(pausesOf(times(4, 20), 300)).toEqual([225, 300, 300, 300]);
  });

  test('pauses although it looks some times in vain between', () => {
    expect(pausesOf(times(3, 20, ...silence(8)))).toEqual([225, 450, 900]);
  });

  test('that does not catch up with its writer does not pause', () => {
    expect(pausesOf(times(100, 32))).toEqual([]);
    expect(pausesOf(times(100, LIMIT))).toEqual([]);
  });

  test('pauses for less after long batches', () => {
    expect(pausesOf([20, 20, 20, 32, 20])).toEqual([225, 450, 900, 900]);
    expect(pausesOf([20, 20, 20, 32, 32, 32, 20])).toEqual([225, 450, 900, 225]);
  });

  test('that asks for few messages at a time does not pause, as there may be more', () => {
    expect(pausesOf(times(100, 1), 900, 1)).toEqual([]);
    expect(pausesOf(times(100, 16), 900, 16)).toEqual([]);
  });

  test('that wants no distance does not pause', () => {
    expect(pausesOf(times(100, 2), 0)).toEqual([]);
  });
});

describe('a message that a reader waits for', () => {
  test('after a silence: no pause before or after it', () => {
    expect(pausesOf(times(100, ...silence(9), 1))).toEqual([]);
  });

  test('as the answer to its own, soon: all but no pauses', () => {
    const exchanges = 100_000;
    expect(pausesOf(times(exchanges, ...silence(5), 1)).length).toBeLessThan(exchanges / 1000);
  });

  test('at a pace that the reader does not slow down: all but no pauses', () => {
    const paced: number[] = [];
    const distance = new ReadingDistance(
      900,
      () => true,
      (ns) => paced.push(ns),
    );
    for (let i = 0; i < 100_000; i++) {
      const waitedNs = i > 0 && paced.length > 0 ? paced.at(-1)! : 0;
      distance.keep(Math.max(1, Math.floor(waitedNs / 250)), LIMIT); // four million a second
      distance.noteNothing();
    }
    expect(paced.length).toBeLessThan(500);
  });

  test('that this very thread writes: all but no pauses, as none brings anything', () => {
    const batches = 100_000;
    expect(pausesOf(times(batches, 20), 900, LIMIT, false).length).toBeLessThan(batches / 1000);
  });

  test('a stream that comes after many answers is found again', () => {
    const found = [...times(10_000, ...silence(5), 1), ...times(10_000, 20)];
    expect(pausesOf(found).slice(-3)).toEqual([900, 900, 900]);
  });
});
