import { RESERVED_OFFSET, RESERVED_PIECES_PER_LANE } from '../layout/lane-control.js';
import { corruptLane } from './corrupt-lane.js';
import { gateLag } from './gate.js';
import { laneControlIndex, wordAt } from './indices.js';
import { isRemoved, removedError } from './roster-word.js';
import type { SegmentMemory } from './segment-memory.js';

/**
 * How far a lane's writer may write: not beyond the gate, which the slowest reliable group sets, and not beyond what lossy readers
 * were warned of. The writer asks only when it has used up the last answer. Positions are low words (int32).
 */
export class LaneRoom {
  private readonly capacity: number;
  private readonly piece: number;
  private readonly reservedIndex: number;
  private gateEnd: number;
  private reservedCount: number;

  /** `headPosition` is unbounded, in bytes. @throws HermesError ERR_HERMES_CORRUPT_SEGMENT */
  constructor(
    private readonly memory: SegmentMemory,
    private readonly lane: number,
    headPosition: number,
  ) {
    this.capacity = memory.geometry.laneCapacity;
    this.piece = this.capacity / RESERVED_PIECES_PER_LANE;
    this.reservedIndex = wordAt(laneControlIndex(memory, lane), RESERVED_OFFSET);
    this.gateEnd = headPosition | 0; // no gate yet: the first message computes one
    this.reservedCount = Atomics.load(memory.words, this.reservedIndex); // SYNC: reserved
    const piecesAhead = (this.reservedCount - (Math.floor(headPosition / this.piece) | 0)) >>> 0;
    if (piecesAhead > RESERVED_PIECES_PER_LANE + 1) {
      throw corruptLane(lane, `reserved (${this.reservedCount >>> 0}) does not fit its head (${headPosition})`);
    }
  }

  /**
   * Makes room for `length` bytes after `end`: computes the gate if that seems full, and announces what will be
   * overwritten. False when there is none. @throws HermesError ERR_HERMES_REMOVED, ERR_HERMES_CORRUPT_SEGMENT
   */
  make(head: number, end: number, length: number): boolean {
    if (!this.has(head, end, length)) return false;
    const missing = (end + length - this.reservedEnd) | 0;
    if (missing > 0) {
      const { words } = this.memory;
      this.reservedCount = (this.reservedCount + Math.ceil(missing / this.piece)) | 0;
      Atomics.store(words, this.reservedIndex, this.reservedCount); // SYNC: reserved
      Atomics.load(words, this.reservedIndex); // a fence: no record is written before the store is visible
    }
    return true;
  }

  /** Whether there is room for `length` bytes after `end`: computes the gate if that seems full, and stores nothing. @throws the same */
  has(head: number, end: number, length: number): boolean {
    this.checkRemoved();
    if (((this.gateEnd - end) | 0) < length) this.computeGate(head);
    return ((this.gateEnd - end) | 0) >= length;
  }

  /** Up to where records may follow `end` without asking again: the gate, what was announced, the lane's end, or half a lane after `head`. */
  limit(head: number, end: number): number {
    const untilGate = (this.gateEnd - end) | 0;
    const untilReserved = (this.reservedEnd - end) | 0;
    const untilLaneEnd = this.capacity - (end & (this.capacity - 1));
    const untilHalf = ((head - end) | 0) + (this.capacity >>> 1);
    return (end + Math.min(untilGate, untilReserved, untilLaneEnd, untilHalf)) | 0;
  }

  /** How many bytes the slowest reliable group is behind `head`; negative while that is not known. @throws the same */
  lag(head: number): number {
    this.checkRemoved();
    const lag = gateLag(this.memory, this.lane, head);
    if (lag > this.capacity) throw corruptLane(this.lane, `a group's position is ${lag} bytes behind its head`);
    return lag;
  }

  private computeGate(head: number): void {
    const lag = this.lag(head);
    if (lag >= 0) this.gateEnd = (head - lag + this.capacity) | 0; // held: the former gate stands
  }

  private checkRemoved(): void {
    if (isRemoved(this.memory)) throw removedError();
  }

  private get reservedEnd(): number {
    return Math.imul(this.reservedCount, this.piece);
  }
}
