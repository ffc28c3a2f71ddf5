/** What a participant does while it has nothing to do. */
export interface IdleStrategy {
  /**
   * Microseconds that it looks again and again before it sleeps; `Infinity`: it never sleeps. Looking costs a core, sleeping
   * costs about 10 µs of the participant who rings, and some 25 µs until the sleeper runs.
   */
  readonly spinForUs: number;
  /** Microseconds of that between two turns of the event loop, so that timers and I/O of the process go on. */
  readonly sliceUs: number;
}

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

/** Calls `look` until it says true or `endMs` (of `performance.now()`) is over. What it said last. */
export function spinUntil(look: () => boolean, endMs: number): boolean {
  do {
    if (look()) return true;
  } while (performance.now() < endMs);
  return false;
}
