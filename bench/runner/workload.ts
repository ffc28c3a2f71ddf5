/** What a contestant is given to carry: the same for all, so that only the carrying differs. */
export interface Workload {
  readonly payloadLength: number;
  /** Messages that are measured, or round trips. */
  readonly messageCount: number;
  /** Carried before those, but not measured. */
  readonly warmUpCount: number;
}

/** Bytes of payloads that are compared one by one: as long as that goes on, it is what a message of 64 KiB costs. */
const COMPARED_LENGTH: number = 2 ** 27;

/**
 * The first messages of the warm-up, so many, of which every byte is compared. Of the others the number is, the pattern that
 * depends on it, and one byte that moves through the middle.
 */
export function comparedCount({ payloadLength, warmUpCount }: Workload): number {
  return Math.min(warmUpCount, COMPARED_LENGTH / payloadLength);
}

/** The ends of a measurement. The first of each pair measures, and is pinned to the first core. */
export type End = 'receiver' | 'sender' | 'pinger' | 'echo';

export type Measure = 'throughput' | 'round-trip';

export function endsOf(measure: Measure): readonly [End, End] {
  return measure === 'throughput' ? ['receiver', 'sender'] : ['pinger', 'echo'];
}

export function totalCount(workload: Workload): number {
  return workload.warmUpCount + workload.messageCount;
}

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
