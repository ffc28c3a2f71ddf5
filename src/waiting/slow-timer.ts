import { monotonicMs } from '../clock.js';
import { HermesError } from '../errors.js';
import type { Reaper } from '../membership/reap.js';
import { beat, type Slot } from '../membership/slot.js';
import { startTicking, stopTicking } from '../os/timers.js';
import type { Segment } from '../segment/segment.js';

/** Milliseconds for which a participant may not notice a death, or a message for which a dead process has not rung. */
const PERIOD_MS = 250;
/**
 * What every participant does now and then: it writes its heartbeat, for people, cleans up after the dead, and looks whether
 * there is something for it. Runs by itself while the event loop turns. Does not keep the process alive before `ref`.
 */
export class SlowTimer {
  private readonly timer: NodeJS.Timeout;
  private lastMs: number = monotonicMs();

  constructor(
    private readonly segment: Segment,
    private readonly slot: Slot,
    private readonly reaper: Reaper,
    private readonly look: () => void,
  ) {
    this.timer = startTicking(() => this.tick(), PERIOD_MS).unref();
  }

  /** For callers that block the event loop. */
  tickIfDue(): void {
    if (monotonicMs() - this.lastMs >= PERIOD_MS) this.tick();
  }

  /** Keeps the process alive. */
  ref(): void {
    this.timer.ref();
  }

  unref(): void {
    this.timer.unref();
  }

  stop(): void {
    stopTicking(this.timer);
  }

  private tick(): void {
    this.lastMs = monotonicMs();
    beat(this.segment, this.slot);
    try {
      this.reaper.reapIfNeeded(this.slot);
    } catch (error) {
      // The calls that read or write the lanes tell what is wrong with them; here nobody could catch the error.
      if (!(error instanceof HermesError)) throw error;
    }
    this.look();
  }
}
