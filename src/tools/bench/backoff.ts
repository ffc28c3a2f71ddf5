import { blockFor } from '../../os/timers.js';

const SPINS_BEFORE_SLEEP = 20_000;
const SLEEP_MS = 0.05;

/** Spins between two looks whether the process that measures is still there: so few that V8 has seen one when it compiles. */
const SPINS_PER_LOOK_MASK = 0xfff;

/**
 * What a measuring process does while it waits: spins, and after a while, where there are more such processes than
 * cores, sleeps 50 µs at a time so that the others get on.
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
    // A spinning process sees no event: without this it would outlive a parent that was killed, at full speed.
    if ((++this.allSpins & SPINS_PER_LOOK_MASK) === 0 && process.ppid !== this.parentPid) process.exit(1);
    if (this.maySleep && ++this.spins > SPINS_BEFORE_SLEEP) blockFor(SLEEP_MS);
  }
}
