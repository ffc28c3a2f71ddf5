import { NO_POSITION } from '../layout/lane-control.js';
import { IN_FLIGHT_FROM_OFFSET, IN_FLIGHT_LANE_OFFSET, IN_FLIGHT_TO_OFFSET } from '../layout/participant-slot.js';
import { POSITION_LOW_OFFSET } from '../layout/positions.js';
import { RECORD_ALIGNMENT } from '../layout/record.js';
import { memberSlotIndex, positionIndex, wordAt } from './indices.js';
import type { SegmentMemory } from './segment-memory.js';

/** Messages of one lane that a member has taken: positions are low words (int32), `to` beyond the last record. */
export interface Taken {
  readonly lane: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The in-flight entry of a member of a shared group: a hazard that keeps the writer from overwriting what the member
 * reads, and the note from which another member goes on when this one dies. Every store is absolute and in the order
 * that `shared.pml` checks.
 */
export class InFlight {
  private readonly laneIndex: number;
  private readonly toIndex: number;
  private readonly fromIndex: number;

  constructor(
    private readonly memory: SegmentMemory,
    private readonly group: number,
    member: number,
  ) {
    const slot = memberSlotIndex(memory, group, member);
    this.laneIndex = wordAt(slot, IN_FLIGHT_LANE_OFFSET);
    this.toIndex = wordAt(slot, IN_FLIGHT_TO_OFFSET);
    this.fromIndex = wordAt(slot, IN_FLIGHT_FROM_OFFSET);
  }

  /** Announces, before taking: nobody overwrites from `position` on, once the take position was seen there again. */
  announce(lane: number, position: number): void {
    const { words } = this.memory;
    Atomics.store(words, this.laneIndex, lane); // SYNC: in flight
    Atomics.store(words, this.toIndex, position); // SYNC: in flight
    Atomics.store(words, this.fromIndex, position); // SYNC: in flight
  }

  /** Stores the end of what the member is about to take. */
  extendTo(position: number): void {
    Atomics.store(this.memory.words, this.toIndex, position); // SYNC: in flight
  }

  /** Acknowledges up to `position`, a part of what was taken. */
  advanceFrom(position: number): void {
    Atomics.store(this.memory.words, this.fromIndex, position); // SYNC: in flight
  }

  /** Acknowledges all. */
  clear(): void {
    Atomics.store(this.memory.words, this.fromIndex, NO_POSITION); // SYNC: in flight
  }

  /**
   * What is in flight by this entry, while its member is not taking: perhaps taken, and not acknowledged. Undefined if the entry is
   * clear, if the take cannot have succeeded, or if the words are no valid entry.
   */
  pending(): Taken | undefined {
    const { words, geometry } = this.memory;
    const from = Atomics.load(words, this.fromIndex); // SYNC: in flight
    const to = Atomics.load(words, this.toIndex); // SYNC: in flight
    const lane = Atomics.load(words, this.laneIndex); // SYNC: in flight
    const length = (to - from) >>> 0;
    if (from === NO_POSITION || length === 0 || lane < 0 || lane >= geometry.laneCount) return undefined;
    if (length > geometry.laneCapacity || (from | to) % RECORD_ALIGNMENT !== 0) return undefined;
    const taken = Atomics.load(words, wordAt(positionIndex(this.memory, this.group, lane), POSITION_LOW_OFFSET)); // SYNC: taken
    return (taken - from) >>> 0 >= length ? { lane, from, to } : undefined;
  }
}
