import { monotonicMs } from '../clock.js';
import { producerSlots } from '../membership/places.js';
import { attachCount, isOccupied, type Slot } from '../membership/slot.js';
import { lanesInUse } from '../ring/roster-word.js';
import type { Segment } from '../segment/segment.js';

/** The most milliseconds between two calls of a busy loop. If calls come less often, each one asks the kernel. */
const BUSY_MS = 1;
/** Milliseconds for which a busy loop takes a producer for alive once its lock was seen held. A killed one is noticed that much later. */
const ALIVE_MS = 10;
/** Calls after which the lock is looked at again, whatever the clock says. */
const ALIVE_CALLS = 65_536;

/** Looks whether anything can still come: whether a producer is attached. */
export class DrainLook {
  private readonly slots: readonly Slot[];
  /** A producer whose lock was held: its lane, which of the lane's owners it was, when, and how often it was asked for since. */
  private aliveLane = -1;
  private aliveAttachCount = 0;
  private seenAliveMs = 0;
  private askedMs = 0;
  private calls = 0;

  /** `isAllRead` says whether everything is read in that many lanes, from lane 0. */
  constructor(
    private readonly segment: Segment,
    private readonly isAllRead: (laneCount: number) => boolean,
  ) {
    this.slots = producerSlots(segment);
  }

  /** True when no producer is attached any more, though one was, and all is read. In a busy loop, a system call once in 10 ms. */
  isDrained(): boolean {
    const nowMs = monotonicMs();
    const isBusy = nowMs - this.askedMs < BUSY_MS;
    this.askedMs = nowMs;
    if (isBusy && this.wasAliveJustNow(nowMs)) return false;
    const laneCount = lanesInUse(this.segment.memory);
    if (!this.isAllRead(laneCount) || this.isAnybodyAlive(laneCount, nowMs)) return false;
    return this.isAllRead(laneCount); // once more, now that nobody adds to the lanes
  }

  /** True if `isDrained` may return true. No system call. */
  seemsDrained(): boolean {
    const laneCount = lanesInUse(this.segment.memory);
    for (let lane = 0; lane < laneCount; lane++) if (isOccupied(this.segment, this.slots[lane]!)) return false;
    return this.isAllRead(laneCount);
  }

  private isAnybodyAlive(laneCount: number, nowMs: number): boolean {
    const { segment, slots } = this;
    for (let lane = 0; lane < laneCount; lane++) {
      const slot = slots[lane]!;
      if (!isOccupied(segment, slot)) continue;
      const count = attachCount(segment, slot);
      if (!segment.locks.isLockedByOther(slot.lockOffset)) continue;
      this.aliveLane = lane;
      this.aliveAttachCount = count;
      this.seenAliveMs = nowMs;
      this.calls = 0;
      return true;
    }
    this.aliveLane = -1;
    return false;
  }

  /** The slot shows that a producer left or was found dead. It does not show a death that nobody has noticed yet. */
  private wasAliveJustNow(nowMs: number): boolean {
    const { segment, aliveLane } = this;
    if (aliveLane < 0 || ++this.calls > ALIVE_CALLS) return false;
    const slot = this.slots[aliveLane]!;
    if (!isOccupied(segment, slot) || attachCount(segment, slot) !== this.aliveAttachCount) return false;
    return nowMs - this.seenAliveMs < ALIVE_MS;
  }
}
