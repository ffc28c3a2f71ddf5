import { monotonicMs } from '../clock.js';
import { HermesError } from '../errors.js';
import { SLOT_HEARTBEAT_OFFSET } from '../layout/participant-slot.js';
import type { Reaper } from '../membership/reap.js';
import { isOccupied, type Slot } from '../membership/slot.js';
import { startTicking, stopTicking } from '../os/timers.js';
import { storeTime } from '../ring/clock.js';
import { wordAt } from '../ring/indices.js';
import type { Segment } from '../segment/segment.js';

/** Milliseconds for which a participant may not notice a death, or a message for which a dead process has not rung. */
const PERIOD_MS = 250;
/**
 * A participant that has written its heartbeat within these milliseconds counts as alive until the next tick. This hint saves a
 * system call; only how soon the dead are found depends on it. Kernel locks alone prove anything.
 */
const FRESH_MS = 375;

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
    const { memory } = this.segment;
    this.lastMs = monotonicMs();
    storeTime(memory.times, this.heartbeatIndex(this.slot), memory.clockOffsetNs);
    try {
      this.reaper.reapIfNeeded((slot) => this.beatLately(slot));
    } catch (error) {
      // The calls that read or write the lanes tell what is wrong with them; here nobody could catch the error.
      if (!(error instanceof HermesError)) throw error;
    }
    this.look();
  }

  /** Called just after the participant has written its own heartbeat. */
  private beatLately(slot: Slot): boolean {
    const { times } = this.segment.memory;
    const ageNs = times[this.heartbeatIndex(this.slot)]! - times[this.heartbeatIndex(slot)]!;
    return isOccupied(this.segment, slot) && ageNs >= 0n && ageNs < BigInt(FRESH_MS * 1_000_000);
  }

  private heartbeatIndex(slot: Slot): number {
    return wordAt(slot.index, SLOT_HEARTBEAT_OFFSET) >>> 1;
  }
}
