import { monotonicMs } from '../clock.js';
import { HermesError } from '../errors.js';
import { SLOT_HEARTBEAT_OFFSET } from '../layout/participant-slot.js';
import type { Reaper } from '../membership/reap.js';
import { isOccupied, type Slot } from '../membership/slot.js';
import { startTicking, stopTicking } from '../os/timers.js';
import { storeTime } from '../ring/clock.js';
import { wordAt } from '../ring/indices.js';
import type { Segment } from '../segment/segment.js';

/** Milliseconds: how long a death, or a wake-up that somebody who died owed, can go unnoticed by a participant. */
const PERIOD_MS = 250;
/**
 * Whoever has written its heartbeat within these milliseconds is taken for alive until the next tick: a hint that saves a
 * system call, where nothing depends on it but how soon the dead are found. Kernel locks alone prove anything.
 */
const FRESH_MS = 375;

/**
 * What every participant does now and then: says so in its slot, for people, cleans up after the dead, and looks whether
 * there is something for it. While its event loop turns, by itself; keeps no process alive until `ref`.
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

  /** For who blocks the event loop. */
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
      // Whoever reads or writes the lanes is told what is wrong with them; nobody could catch it here.
      if (!(error instanceof HermesError)) throw error;
    }
    this.look();
  }

  /** Called just after the own heartbeat was written. */
  private beatLately(slot: Slot): boolean {
    const { times } = this.segment.memory;
    const ageNs = times[this.heartbeatIndex(this.slot)]! - times[this.heartbeatIndex(slot)]!;
    return isOccupied(this.segment, slot) && ageNs >= 0n && ageNs < BigInt(FRESH_MS * 1_000_000);
  }

  private heartbeatIndex(slot: Slot): number {
    return wordAt(slot.index, SLOT_HEARTBEAT_OFFSET) >>> 1;
  }
}
