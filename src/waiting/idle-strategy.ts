import type { OptionNames } from '../checks.js';
import { monotonicMs } from '../clock.js';

/** What a participant does while it has nothing to do. */
export interface IdleStrategy {
  /**
   * Microseconds for which it looks again and again before it sleeps; with `Infinity` it never sleeps. Looking takes a core. Sleeping costs the
   * participant that rings about 10 µs, and the sleeper runs 11 to 85 µs later, the later the longer the cores were idle
   * (docs/benchmarks.md, docs/waiting.md).
   */
  readonly spinForUs: number;
  /** Microseconds of that time between two turns of the event loop, so that timers and I/O of the process go on: above 0, at most a second. */
  readonly sliceUs: number;
  /**
   * Consumers, also in `poll` and `read`. Nanoseconds of the longest pause after a short batch of a fast stream, so that the reader does
   * not slow its writer down (docs/performance.md): 0, which is off, to 1000. Default 900. It blocks the thread for about that
   * long at most. A first message, an answer, or a message of a sender that takes its time hardly ever meets it.
   */
  readonly distanceNs?: number | undefined;
}

/** The same with everything that was left out. */
export type ResolvedIdleStrategy = Readonly<Record<keyof IdleStrategy, number>>;

export const IDLE_OPTIONS: OptionNames<IdleStrategy> = { spinForUs: true, sliceUs: true, distanceNs: true };

/** Nanoseconds: longer pauses carry hardly more messages, and make them late. */
export const DISTANCE_NS = 900;

export type IdleStrategyName = 'spin' | 'balanced' | 'doorbell';

/** `docs/decisions.md` says why 50 µs ("A wait looks for 50 µs"). */
export const IDLE_STRATEGIES: Readonly<Record<IdleStrategyName, ResolvedIdleStrategy>> = {
  /** The fastest. Always takes a whole core. */
  spin: { spinForUs: Number.POSITIVE_INFINITY, sliceUs: 50, distanceNs: DISTANCE_NS },
  /** Spins about as long as a sleep and a wake-up would cost, then sleeps. */
  balanced: { spinForUs: 50, sliceUs: 50, distanceNs: DISTANCE_NS },
  /** Sleeps at once. */
  doorbell: { spinForUs: 0, sliceUs: 50, distanceNs: DISTANCE_NS },
};

/** No look takes less than 10 ns. So many looks end the loop, too, because a clock may stand still. */
const MAX_LOOKS_PER_MS = 100_000;

/** Calls `look` until it returns true, or until the monotonic clock, which is at `startMs` now, reaches `endMs`. Returns what `look` returned last. */
export function spinUntil(look: () => boolean, startMs: number, endMs: number): boolean {
  let looks = (endMs - startMs) * MAX_LOOKS_PER_MS;
  do {
    if (look()) return true;
  } while (--looks > 0 && monotonicMs() < endMs);
  return false;
}
