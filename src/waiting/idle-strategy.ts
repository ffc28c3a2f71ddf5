import type { OptionNames } from '../checks.js';
import { monotonicMs } from '../clock.js';

/** What a participant does while it has nothing to do. */
export interface IdleStrategy {
  /**
   * Microseconds that it looks again and again before it sleeps; `Infinity`: it never sleeps. Looking costs a core, sleeping
   * costs about 10 µs of the participant who rings, and some 25 µs until the sleeper runs.
   */
  readonly spinForUs: number;
  /** Microseconds of that between two turns of the event loop, above 0, at most a second: so timers and I/O of the process go on. */
  readonly sliceUs: number;
}

export const IDLE_OPTIONS: OptionNames<IdleStrategy> = { spinForUs: true, sliceUs: true };

export type IdleStrategyName = 'spin' | 'balanced' | 'doorbell';

/** `docs/decisions.md` says how the figures were found. */
export const IDLE_STRATEGIES: Readonly<Record<IdleStrategyName, IdleStrategy>> = {
  /** The fastest, and a whole core, always. */
  spin: { spinForUs: Number.POSITIVE_INFINITY, sliceUs: 50 },
  /** Spins about as long as a sleep and a wake-up would cost, then sleeps. */
  balanced: { spinForUs: 50, sliceUs: 50 },
  /** Sleeps at once. */
  doorbell: { spinForUs: 0, sliceUs: 50 },
};

/** No look takes less than 10 ns: so many end it, too, for a clock may stand still. */
const MAX_LOOKS_PER_MS = 100_000;

/** Calls `look` until it says true or `endMs` (of the monotonic clock, which says `startMs` now) is over. What it said last. */
export function spinUntil(look: () => boolean, startMs: number, endMs: number): boolean {
  let looks = (endMs - startMs) * MAX_LOOKS_PER_MS;
  do {
    if (look()) return true;
  } while (--looks > 0 && monotonicMs() < endMs);
  return false;
}
