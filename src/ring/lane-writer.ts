import { HermesError } from '../errors.js';
import { COUNTER_ABORTED, COUNTER_BACK_PRESSURED } from '../layout/counters.js';
import {
  HANDOVER_SEQUENCE_HIGH_OFFSET,
  HANDOVER_SEQUENCE_LOW_OFFSET,
  HEAD_HIGH_OFFSET,
  HEAD_LOW_OFFSET,
  RESERVED_OFFSET,
  RESERVED_PIECES_PER_LANE,
} from '../layout/lane-control.js';
import {
  MAX_USER_TYPE,
  MIN_USER_TYPE,
  PADDING_TYPE,
  RECORD_HEADER_LENGTH,
  RECORD_MAGIC,
  RECORD_TYPE_SHIFT,
  recordKind,
  recordLength,
} from '../layout/record.js';
import { storeTime } from './clock.js';
import { Counter } from './counter.js';
import { crc32OfRecord } from './crc32.js';
import { gateLag } from './gate.js';
import { handoverEntryIndex, settledHigh, wholePosition } from './head.js';
import { laneControlIndex, laneOffset, producerSlotIndex, wordAt } from './indices.js';
import { corruptLane } from './record-fault.js';
import { isRemoved, removedError } from './removal.js';
import type { SegmentMemory } from './segment-memory.js';

/** Returned instead of a position when the slowest reliable group leaves no room: nothing was written, try again. */
export const BACK_PRESSURED = -1;

/**
 * Writes the records of one lane. Exactly one writer exists at a time: whoever owns the lane's producer slot.
 * Positions here are low words (int32): differences between two of them are right however often they have come round.
 * Nothing here allocates once optimized, and nothing makes a system call but the clock read of a timestamp.
 */
export class LaneWriter {
  private readonly words: Int32Array;
  private readonly bytes: Buffer;
  private readonly times: BigInt64Array;
  private readonly clockOffsetNs: bigint;
  private readonly checksum: boolean;
  private readonly timestamps: boolean;
  private readonly maxPayloadLength: number;
  private readonly capacity: number;
  private readonly mask: number;
  private readonly kind: number;
  private readonly laneStart: number;
  private readonly headIndex: number;
  private readonly headHighIndex: number;
  private readonly reservedIndex: number;
  private readonly backPressured: Counter;
  private readonly aborted: Counter;

  /** The published position, and the high word that goes with it. */
  private head: number;
  private headHigh: number;
  /** Where the next record goes; equal to `head` but while a batch is being written. */
  private end: number;
  /** Records may be written up to here without looking at anything shared. */
  private limit: number;
  /** Up to here the slowest reliable group allows; up to `reservedEnd` lossy readers have been warned. */
  private gateEnd: number;
  private reservedCount: number;
  /** Of the next message. */
  private sequenceLow: number;
  private sequenceHigh: number;
  /** Words: the handover entry of the present head. */
  private entryIndex: number;
  /** The message that is being written in place, or -1. */
  private claimedLength = -1;
  private claimedType = 0;
  private closedBy: HermesError | undefined;

  /** Takes the lane over where its last writer left it. @throws HermesError ERR_HERMES_CORRUPT_SEGMENT */
  constructor(
    private readonly memory: SegmentMemory,
    readonly lane: number,
  ) {
    const { words, geometry } = memory;
    const control = laneControlIndex(memory, lane);
    this.words = words;
    this.bytes = memory.bytes;
    this.times = memory.times;
    this.clockOffsetNs = memory.clockOffsetNs;
    this.checksum = memory.checksum;
    this.timestamps = memory.timestamps;
    this.maxPayloadLength = geometry.maxPayloadLength;
    this.capacity = geometry.laneCapacity;
    this.mask = geometry.laneCapacity - 1;
    this.kind = recordKind(lane, memory.checksum);
    this.laneStart = laneOffset(memory, lane);
    this.headIndex = wordAt(control, HEAD_LOW_OFFSET);
    this.headHighIndex = wordAt(control, HEAD_HIGH_OFFSET);
    this.reservedIndex = wordAt(control, RESERVED_OFFSET);
    const slot = producerSlotIndex(memory, lane);
    this.backPressured = new Counter(words, slot, COUNTER_BACK_PRESSURED);
    this.aborted = new Counter(words, slot, COUNTER_ABORTED);

    this.head = Atomics.load(words, this.headIndex); // SYNC: published
    this.headHigh = settledHigh(Atomics.load(words, this.headHighIndex), this.head);
    this.end = this.head;
    this.limit = this.head; // no gate yet: the first message computes one
    this.gateEnd = this.head;
    this.entryIndex = handoverEntryIndex(memory, lane, this.head);
    if (this.entryIndex === -1) throw corruptLane(lane, 'no handover entry, or both, belong to its head');
    this.sequenceLow = words[wordAt(this.entryIndex, HANDOVER_SEQUENCE_LOW_OFFSET)]!;
    this.sequenceHigh = words[wordAt(this.entryIndex, HANDOVER_SEQUENCE_HIGH_OFFSET)]!;
    this.reservedCount = Atomics.load(words, this.reservedIndex); // SYNC: reserved
    if ((this.reservedEnd - this.head) >>> 0 >= this.capacity + this.piece || this.head % RECORD_HEADER_LENGTH !== 0) {
      throw corruptLane(lane, `its head (${this.head >>> 0}) and reserved (${this.reservedCount >>> 0}) do not fit`);
    }
  }

  /** The unbounded position after the last published message, in bytes. */
  get position(): number {
    return wholePosition(this.headHigh, this.head);
  }

  /** Writes and publishes one message. Its position after it, or BACK_PRESSURED. */
  offer(payload: Uint8Array, type: number): number {
    checkPayload(payload);
    const offset = this.claim(payload.length, type);
    if (offset < 0) return BACK_PRESSURED;
    this.bytes.set(payload, offset + RECORD_HEADER_LENGTH);
    this.seal(offset, payload.length, type);
    this.publish();
    return wholePosition(this.headHigh, this.head);
  }

  /** Writes messages and publishes them together, at most half a lane at once. How many there was room for. */
  offerBatch(payloads: readonly Uint8Array[], type: number): number {
    for (let i = 0; i < payloads.length; i++) {
      checkPayload(payloads[i]!);
      this.checkMessage(payloads[i]!.length, type);
    }
    let count = 0;
    for (; count < payloads.length; count++) {
      const payload = payloads[count]!;
      const most = 2 * recordLength(payload.length); // with the padding that may come before it
      if (((this.end - this.head) >>> 0) + most > this.capacity >>> 1 && this.end !== this.head) this.publish();
      const offset = this.claim(payload.length, type);
      if (offset < 0) break;
      this.bytes.set(payload, offset + RECORD_HEADER_LENGTH);
      this.seal(offset, payload.length, type);
    }
    if (this.end !== this.head) this.publish();
    return count;
  }

  /** Reserves room for one message to be written in place. The payload's byte offset in the segment, or BACK_PRESSURED. */
  tryClaim(length: number, type: number): number {
    const offset = this.claim(length, type);
    if (offset < 0) return BACK_PRESSURED;
    this.claimedLength = length;
    this.claimedType = type;
    this.limit = this.end; // whatever else is tried meanwhile ends in makeRoom, and there in an error
    return offset + RECORD_HEADER_LENGTH;
  }

  /** Publishes the claimed message. Its position after it. */
  commit(): number {
    const length = this.claimedLength;
    if (length < 0) throw this.closedBy ?? noClaim('commit');
    this.claimedLength = -1;
    this.seal(this.laneStart + (this.end & this.mask), length, this.claimedType);
    this.publish();
    this.raiseLimit();
    return wholePosition(this.headHigh, this.head);
  }

  /** Gives the claimed message up: nothing of it is ever seen. */
  abort(): void {
    if (this.claimedLength < 0) throw this.closedBy ?? noClaim('abort');
    this.claimedLength = -1;
    this.end = this.head;
    this.aborted.add(1);
    this.raiseLimit();
  }

  /** From now on every call throws `error`. */
  close(error: HermesError): void {
    this.closedBy = error;
    this.claimedLength = -1;
    this.limit = this.end = this.head;
  }

  /** Finds room for a record, padding the lane's end away if it must. The record's byte offset, or BACK_PRESSURED. */
  private claim(length: number, type: number): number {
    this.checkMessage(length, type);
    const need = recordLength(length);
    const untilEnd = this.capacity - (this.end & this.mask);
    const padding = need > untilEnd ? untilEnd : 0;
    if (((this.limit - this.end) | 0) < padding + need && !this.makeRoom(padding + need)) return BACK_PRESSURED;
    if (padding !== 0) this.pad(padding);
    return this.laneStart + (this.end & this.mask);
  }

  private checkMessage(length: number, type: number): void {
    if (!(length >= 0 && length <= this.maxPayloadLength && (length | 0) === length)) throw this.badLength(length);
    if (!(type >= MIN_USER_TYPE && type <= MAX_USER_TYPE && (type | 0) === type)) throw badType(type);
  }

  /** Fills the header of the record at `offset`, whose payload is in place, and moves the end past it. */
  private seal(offset: number, length: number, type: number): void {
    this.fillHeader(offset, length, type);
    if (this.checksum) this.words[(offset >>> 2) + 7] = crc32OfRecord(this.words, this.bytes, offset, length);
    this.end = (this.end + recordLength(length)) | 0;
    this.sequenceLow = (this.sequenceLow + 1) | 0;
    if (this.sequenceLow === 0) this.sequenceHigh = (this.sequenceHigh + 1) | 0;
  }

  /** A padding record carries the sequence of the message that follows it. */
  private pad(length: number): void {
    const offset = this.laneStart + (this.end & this.mask);
    this.fillHeader(offset, length - RECORD_HEADER_LENGTH, PADDING_TYPE);
    if (this.checksum) this.words[(offset >>> 2) + 7] = crc32OfRecord(this.words, this.bytes, offset, 0);
    this.end = (this.end + length) | 0;
  }

  private fillHeader(offset: number, length: number, type: number): void {
    const { words } = this;
    const index = offset >>> 2;
    words[index] = RECORD_MAGIC;
    words[index + 1] = this.kind | (type << RECORD_TYPE_SHIFT);
    words[index + 2] = this.sequenceLow;
    words[index + 3] = this.sequenceHigh;
    if (this.timestamps) {
      storeTime(this.times, (offset >>> 3) + 2, this.clockOffsetNs);
    } else {
      words[index + 4] = 0;
      words[index + 5] = 0;
    }
    words[index + 6] = length;
    words[index + 7] = 0;
  }

  /** Makes all that was written visible: handover entry, high word if it changes, and last of all the head. */
  private publish(): void {
    const { words, end } = this;
    const entry = this.entryIndex ^ 4; // the other one: two entries of four words, aligned to eight
    words[entry] = end;
    words[entry + 1] = this.sequenceLow;
    words[entry + 2] = this.sequenceHigh;
    this.entryIndex = entry;
    if ((end ^ this.head) < 0) Atomics.store(words, this.headHighIndex, ++this.headHigh);
    Atomics.store(words, this.headIndex, end); // SYNC: published
    this.head = end;
  }

  /** Looks for room for `length` bytes more: at the gate if that seems full, and announces what will be overwritten. */
  private makeRoom(length: number): boolean {
    if (this.closedBy !== undefined) throw this.closedBy;
    if (this.claimedLength >= 0) throw openClaim();
    if (isRemoved(this.memory)) throw removedError();
    if (((this.gateEnd - this.end) | 0) < length) {
      this.computeGate();
      if (((this.gateEnd - this.end) | 0) < length) {
        this.backPressured.add(1);
        return false;
      }
    }
    const missing = (this.end + length - this.reservedEnd) | 0;
    if (missing > 0) {
      this.reservedCount = (this.reservedCount + Math.ceil(missing / this.piece)) | 0;
      Atomics.store(this.words, this.reservedIndex, this.reservedCount); // SYNC: reserved
      Atomics.load(this.words, this.reservedIndex); // a fence: no record is written before the store is visible
    }
    this.raiseLimit();
    return true;
  }

  private computeGate(): void {
    const lag = gateLag(this.memory, this.lane, this.head);
    if (lag > this.capacity) throw corruptLane(this.lane, `a group's position is ${lag} bytes behind its head`);
    if (lag >= 0) this.gateEnd = (this.head - lag + this.capacity) | 0; // held: the former gate stands
  }

  /** Both bounds are ahead of `end`, by less than 2³¹: the nearer one. */
  private raiseLimit(): void {
    const untilGate = (this.gateEnd - this.end) | 0;
    const untilReserved = (this.reservedEnd - this.end) | 0;
    this.limit = (this.end + Math.min(untilGate, untilReserved)) | 0;
  }

  private get piece(): number {
    return this.capacity / RESERVED_PIECES_PER_LANE;
  }

  private get reservedEnd(): number {
    return Math.imul(this.reservedCount, this.piece);
  }

  private badLength(length: number): HermesError {
    if (!Number.isInteger(length) || length < 0) {
      return new HermesError('ERR_HERMES_INVALID_OPTION', `length is ${length}: give a whole number of bytes from 0`);
    }
    return new HermesError(
      'ERR_HERMES_PAYLOAD_TOO_LARGE',
      `The payload has ${length} bytes, the segment carries ${this.maxPayloadLength}: split it, or create the segment with a larger maxPayload`,
    );
  }
}

function checkPayload(payload: Uint8Array): void {
  if (!(payload instanceof Uint8Array)) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `The payload is ${typeof payload}: give a Uint8Array or a Buffer`,
    );
  }
}

function badType(type: number): HermesError {
  return new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `type is ${type}: give a whole number from ${MIN_USER_TYPE} to ${MAX_USER_TYPE}`,
  );
}

function noClaim(action: string): HermesError {
  return new HermesError('ERR_HERMES_INVALID_STATE', `There is no claim to ${action}: call tryClaim first`);
}

function openClaim(): HermesError {
  return new HermesError('ERR_HERMES_INVALID_STATE', 'A claim is open: commit or abort it before the next message');
}
