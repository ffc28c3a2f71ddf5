import { HermesError } from '../errors.js';
import { SLOT_HEARTBEAT_OFFSET } from '../layout/participant-slot.js';
import { storeTime } from '../ring/clock.js';
import { wordAt } from '../ring/indices.js';
import type { Slot } from './participants.js';
import { reapIfNeeded } from './reap.js';
import type { Segment } from './segment.js';

/** Milliseconds: how long a death, or a wake-up that somebody who died owed, can go unnoticed by a participant. */
const PERIOD_MS = 250;

/**
 * What every participant does now and then: says so in its slot, for people, cleans up after the dead, and looks whether
 * there is something for it. While its event loop turns, by itself; keeps no process alive.
 */
export class SlowTimer {
  private readonly timer: NodeJS.Timeout;
  private lastMs: number = performance.now();

  constructor(
    private readonly segment: Segment,
    private readonly slot: Slot,
    private readonly look: () => void,
  ) {
    this.timer = setInterval(() => this.tick(), PERIOD_MS).unref();
  }

  /** For who blocks the event loop. */
  tickIfDue(): void {
    if (performance.now() - this.lastMs >= PERIOD_MS) this.tick();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const { memory } = this.segment;
    this.lastMs = performance.now();
    storeTime(memory.times, wordAt(this.slot.index, SLOT_HEARTBEAT_OFFSET) >>> 1, memory.clockOffsetNs);
    try {
      reapIfNeeded(this.segment, this.slot.lockOffset);
    } catch (error) {
      // Whoever reads or writes the lanes is told what is wrong with them; nobody could catch it here.
      if (!(error instanceof HermesError)) throw error;
    }
    this.look();
  }
}
