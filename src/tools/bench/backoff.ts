const parked: Int32Array = new Int32Array(new SharedArrayBuffer(4));

const SPINS_BEFORE_SLEEP = 20_000;
const SLEEP_MS = 0.05;

/**
 * What a measuring process does while it waits: spins, and after a while, where there are more such processes than
 * cores, sleeps 50 µs at a time so that the others get on.
 */
export class Backoff {
  private spins = 0;

  constructor(private readonly maySleep: boolean) {}

  reset(): void {
    this.spins = 0;
  }

  wait(): void {
    if (this.maySleep && ++this.spins > SPINS_BEFORE_SLEEP) Atomics.wait(parked, 0, 0, SLEEP_MS);
  }
}
