import { blockFor } from '../../os/timers.js';

const SPINS_BEFORE_SLEEP = 20_000;
const SLEEP_MS = 0.05;

/**
 * How many spins come between two checks that the parent process is still there. They are few, so that V8 has seen such a check when it
 * compiles the loop.
 */
const SPINS_PER_LOOK_MASK = 0xfff;

/**
 * What a measuring process does while it waits: it spins. If there are more such processes than cores, it later sleeps for 50 µs at a
 * time, so that the others can run.
 */
export class Backoff {
  private spins = 0;
  private allSpins = 0;
  private readonly parentPid: number = process.ppid;

  constructor(private readonly maySleep: boolean = false) {}

  reset(): void {
    this.spins = 0;
  }

  wait(): void {
    // A process that spins gets no events. Without this check it would go on spinning after its parent was killed.
    if ((++this.allSpins & SPINS_PER_LOOK_MASK) === 0 && process.ppid !== this.parentPid) process.exit(1);
    if (this.maySleep && ++this.spins > SPINS_BEFORE_SLEEP) blockFor(SLEEP_MS);
  }
}
