import { expect, test } from 'vitest';
import { FollowPace } from '../../src/journal/journal-iteration.js';

/** When a reader looks, in milliseconds, if nothing comes for this long. */
function looksOf(pace: FollowPace, forMs: number): number[] {
  const looks: number[] = [];
  for (let at = pace.nextMs(); at < forMs; at += pace.nextMs()) looks.push(at);
  return looks;
}

test('looks every 2 ms at first, and ten times a second in the long run', () => {
  const looks = looksOf(new FollowPace(), 100_000);
  expect(looks.filter((at) => at <= 100)).toEqual(Array.from({ length: 50 }, (_, i) => (i + 1) * 2));
  expect(looks.length).toBeLessThan(1300);
  const waits = looks.map((at, i) => at - (looks[i - 1] ?? 0));
  for (const [i, wait] of waits.entries()) {
    expect(wait).toBeLessThan(100.001);
    expect(wait).toBeLessThan(Math.max(2.001, (looks[i - 1] ?? 0) / 49)); // what comes now and then is found as soon
  }
});

test('begins again when something came', () => {
  const pace = new FollowPace();
  looksOf(pace, 10_000);
  expect(pace.nextMs()).toBe(100);
  pace.reset();
  expect(pace.nextMs()).toBe(2);
});

test('waits for what is due, however far away that is, and no longer than until it is told to end', async () => {
  const ending = new AbortController();
  const waiting = new FollowPace().wait(ending.signal, 1e12);
  ending.abort();
  await waiting;
  await new FollowPace().wait(undefined, 0.01);
});
