import { sleep } from '../os/timers.js';

const LEAST_MS = 2;
const MOST_MS = 100;
/** A wait takes this part of the time for which nothing has come. */
const PART: number = 1 / 50;
/** The longest wait for a message that is due later: timers know no month. */
const MOST_DUE_MS = 60_000;

/**
 * How long a reader that follows waits at the end, where nobody rings it: 2 ms, and once nothing has come for longer than
 * 0.1 s a fiftieth of that time, up to 100 ms. So what comes all the time is read as soon as ever, and waiting costs ten looks a second.
 */
export class FollowPace {
  private idleMs = 0;

  /** Something came. */
  reset(): void {
    this.idleMs = 0;
  }

  /**
   * Waits for the next look, or until a message is due that is there already (`dueMs`: milliseconds, 0 for none). Resolves at
   * once when the signal is set off.
   */
  async wait(signal: AbortSignal | undefined, dueMs = 0): Promise<void> {
    const waitMs = dueMs > 0 ? Math.min(Math.max(1, dueMs), MOST_DUE_MS) : this.nextMs();
    await sleep(waitMs, signal);
  }

  /** Milliseconds until the next look, which is taken to be in vain. */
  nextMs(): number {
    const waitMs = Math.min(Math.max(LEAST_MS, this.idleMs * PART), MOST_MS);
    this.idleMs += waitMs;
    return waitMs;
  }
}
