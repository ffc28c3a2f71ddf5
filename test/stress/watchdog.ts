import type { Ledger } from './ledger.js';

/** Longer than any pause of a process, and than the machine stands still under load. */
const HANG_MS = 6000;

/** Finds that nothing goes on any more. */
export class Watchdog {
  private progress = -1;
  private sinceMs = 0;

  constructor(private readonly ledger: Ledger) {}

  /** @throws when there was no progress for long */
  look(): void {
    const nowMs = performance.now();
    const { progress } = this.ledger;
    if (progress !== this.progress) {
      this.progress = progress;
      this.sinceMs = nowMs;
    } else if (nowMs - this.sinceMs > HANG_MS) {
      throw new Error(`hang: nothing was published or handled for ${HANG_MS} ms, a wake-up is lost`);
    }
  }
}
