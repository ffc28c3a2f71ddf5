import { monotonicMs } from '../clock.js';
import type { Reaper } from '../membership/reap.js';

/** Refused calls in a row between two looks at the clock, and milliseconds between two looks for the dead. */
const REFUSALS_PER_LOOK = 32;
const REAP_INTERVAL_MS = 5;

/** Looks for the dead when a producer finds no room: a dead member may hold it back. */
export class Refusals {
  private count = 0;
  private lastReapMs = 0;

  /** `onLook` is called for the first refusal, and then at most once in 5 ms. */
  constructor(
    private readonly reaper: Reaper,
    private readonly onLook: (nowMs: number) => void,
  ) {}

  /** Call it at each refusal. Looks for the dead, at most every 5 ms, and removes what they held. */
  note(): void {
    if (this.count++ % REFUSALS_PER_LOOK !== 0) return;
    const nowMs = monotonicMs();
    if (nowMs - this.lastReapMs < REAP_INTERVAL_MS) return;
    this.lastReapMs = nowMs;
    this.onLook(nowMs);
    this.reaper.reapIfNeeded();
  }
}
