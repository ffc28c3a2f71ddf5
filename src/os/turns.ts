import { monotonicMs } from '../clock.js';
import { nextTurn } from './timers.js';

/** The most milliseconds for which a loop of asynchronous calls may keep the event loop from its timers, I/O and signals. */
const MAX_HOG_MS = 1;
/** Calls after which a turn is due whatever the clock says: nobody makes so many in a millisecond. */
const MAX_HOG_CALLS = 65_536;

/**
 * The turns that a loop of asynchronous calls leaves to the event loop. A promise that is resolved already continues in a
 * microtask, so without these turns such a loop would starve everything else in the process.
 */
export class Turns {
  /** Whether the process stays alive for a turn. */
  holdsProcess = true;
  private turnedAtMs = 0;
  private calls = 0;

  /** Ask in each call: true when the event loop has waited long enough for its turn. One clock read. */
  get isDue(): boolean {
    return this.isDueAt(monotonicMs());
  }

  /** The same, for a time that was just read. */
  isDueAt(nowMs: number): boolean {
    return nowMs - this.turnedAtMs > MAX_HOG_MS || ++this.calls > MAX_HOG_CALLS;
  }

  async take(): Promise<void> {
    await nextTurn(this.holdsProcess);
    this.note();
  }

  /** The event loop has just had its turn. */
  note(): void {
    this.turnedAtMs = monotonicMs();
    this.calls = 0;
  }
}
