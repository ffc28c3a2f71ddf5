import type { Workload } from './workload.js';

/** A measurement takes at least so many messages, however slow the contestant. */
const LEAST_COUNT = 200;
const MOST_COUNT = 50_000_000;
/**
 * Enough for V8 to have compiled all that is called for every message: it does after 50,000 to 150,000, and until then a
 * message takes up to ten times as long. Who carries fewer in the time that is measured is given as many as he is measured by.
 */
const MOST_WARM_UP_COUNT = 300_000;

/** The least share of what it is taken to do that a contestant is given: a slow turn must not lead to one that is cold. */
const LEAST_SHARE = 0.25;

/**
 * A workload that takes about `seconds`, by what the contestant did in the round before, or else by what it is taken to
 * do in a second.
 */
export function workloadFor(
  payloadLength: number,
  seconds: number,
  guessPerSecond: number,
  previousPerSecond: number = guessPerSecond,
): Workload {
  const perSecond = Math.max(previousPerSecond, guessPerSecond * LEAST_SHARE);
  const messageCount = Math.round(Math.min(Math.max(perSecond * seconds, LEAST_COUNT), MOST_COUNT));
  return {
    payloadLength,
    messageCount,
    warmUpCount: Math.min(messageCount, MOST_WARM_UP_COUNT),
  };
}
