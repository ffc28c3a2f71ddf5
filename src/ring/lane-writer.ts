import type { HermesError } from '../errors.js';
import { COUNTER_ABORTED, COUNTER_BACK_PRESSURED } from '../layout/counters.js';
import {
  HANDOVER_SEQUENCE_HIGH_OFFSET,
  HANDOVER_SEQUENCE_LOW_OFFSET,
  HEAD_HIGH_OFFSET,
  HEAD_LOW_OFFSET,
} from '../layout/lane-control.js';
import { CONSUMER_BELL_OFFSET } from '../layout/preamble.js';
import {
  MAX_USER_TYPE,
  MIN_USER_TYPE,
  PADDING_TYPE,
  RECORD_ALIGNMENT,
  RECORD_HEADER_LENGTH,
  RECORD_MAGIC,
  RECORD_TYPE_SHIFT,
  recordKind,
} from '../layout/record.js';
import { PublicationTime } from './clock.js';
import { corruptLane } from './corrupt-lane.js';
import { Counter } from './counter.js';
import { crc32OfRecord } from './crc32.js';
import { exactHead, handoverEntryIndex, highOf, wholePosition } from './head.js';
import { laneControlIndex, laneOffset, producerSlotIndex, wordAt } from './indices.js';
import type { Kernel } from './kernel.js';
import { LaneRoom } from './lane-room.js';
import { checkCount, checkMessage, checkPayload, noClaim, openClaim } from './misuse.js';
import { PayloadCopier } from './payload-copier.js';
import type { RecordSink } from './record-sink.js';
import { Ringer } from './ringer.js';
import type { SegmentMemory } from './segment-memory.js';

/** Returned instead of a position when the slowest reliable group leaves no room: nothing was written, try again. */
export const BACK_PRESSURED = -1;

// Constants of this module are compiled in; imported ones are loaded at every use.
const HEADER_LENGTH: number = RECORD_HEADER_LENGTH;
const MAGIC: number = RECORD_MAGIC;
const MIN_TYPE: number = MIN_USER_TYPE;
const MAX_TYPE: number = MAX_USER_TYPE;
const TYPE_SHIFT: number = RECORD_TYPE_SHIFT;
const ALIGNMENT: number = RECORD_ALIGNMENT;

/** `recordLength` of the layout, compiled in. */
function recordLength(payloadLength: number): number {
  return (payloadLength + HEADER_LENGTH + ALIGNMENT - 1) & -ALIGNMENT;
}

/**
 * Writes the records of one lane. Exactly one writer exists at a time: whoever owns the lane's producer slot.
 * Positions here are low words (int32): differences between two of them are right however often they have come round.
 * Nothing here allocates once optimized, and nothing makes a system call but the clock read of a timestamp.
 */
export class LaneWriter {
  private readonly words: Int32Array;
  private readonly kernel: Kernel;
  private readonly bytes: Buffer;
  private readonly payloads: PayloadCopier;
  /** What goes into records; zeros in a segment without timestamps. */
  private readonly time: PublicationTime;
  private readonly checksum: boolean;
  private readonly timestamps: boolean;
  private readonly maxPayloadLength: number;
  private readonly capacity: number;
  private readonly mask: number;
  private readonly kind: number;
  /** The lane in bytes, and in words. */
  private readonly laneStart: number;
  private readonly laneIndex: number;
  private readonly headIndex: number;
  private readonly headHighIndex: number;
  private readonly room: LaneRoom;
  private readonly consumers: Ringer;
  private readonly backPressured: Counter;
  private readonly aborted: Counter;

  /** The published position, and the high word that goes with it. */
  private head: number;
  private headHigh: number;
  /** Where the next record goes; beyond `head` only while a batch is being written. */
  private end: number;
  /** Records may be written up to here without asking for room: never beyond the lane's end, nothing while a claim is open. */
  private limit: number;
  /** Of the next message. */
  private sequenceLow: number;
  private sequenceHigh: number;
  /** Words: the handover entry of the present head. */
  private entryIndex: number;
  /** Each of the messages that are being written in place, or -1. */
  private claimedLength = -1;
  private claimedType = 0;
  private claimedCount = 0;
  private closedBy: HermesError | undefined;

  /** Takes the lane over where its last writer left it. `ringSleepers` rings consumers. @throws HermesError ERR_HERMES_CORRUPT_SEGMENT */
  constructor(
    memory: SegmentMemory,
    readonly lane: number,
    ringSleepers: () => void = () => {},
    private readonly sink?: RecordSink,
  ) {
    const { words, geometry } = memory;
    const control = laneControlIndex(memory, lane);
    const slot = producerSlotIndex(memory, lane);
    this.words = words;
    this.kernel = memory.kernel;
    this.bytes = memory.bytes;
    this.payloads = new PayloadCopier(memory.times, memory.bytes);
    this.time = new PublicationTime(memory.clockOffsetNs);
    this.checksum = memory.checksum;
    this.timestamps = memory.timestamps;
    this.maxPayloadLength = geometry.maxPayloadLength;
    this.capacity = geometry.laneCapacity;
    this.mask = geometry.laneCapacity - 1;
    this.kind = recordKind(lane, memory.checksum);
    this.laneStart = laneOffset(memory, lane);
    this.laneIndex = this.laneStart >>> 2;
    this.headIndex = wordAt(control, HEAD_LOW_OFFSET);
    this.headHighIndex = wordAt(control, HEAD_HIGH_OFFSET);
    this.backPressured = new Counter(words, slot, COUNTER_BACK_PRESSURED);
    this.aborted = new Counter(words, slot, COUNTER_ABORTED);

    const position = exactHead(memory, lane);
    this.head = position | 0;
    this.headHigh = highOf(position);
    this.end = this.head;
    this.limit = this.head;
    this.entryIndex = handoverEntryIndex(memory, lane, this.head);
    if (this.entryIndex === -1 || this.head % RECORD_HEADER_LENGTH !== 0) {
      throw corruptLane(lane, `not exactly one handover entry belongs to its head (${this.head >>> 0})`);
    }
    this.sequenceLow = words[wordAt(this.entryIndex, HANDOVER_SEQUENCE_LOW_OFFSET)]!;
    this.sequenceHigh = words[wordAt(this.entryIndex, HANDOVER_SEQUENCE_HIGH_OFFSET)]!;
    this.room = new LaneRoom(memory, lane, position);
    this.consumers = new Ringer(memory, CONSUMER_BELL_OFFSET, ringSleepers);
  }

  /** The unbounded position after the last published message, in bytes. */
  get position(): number {
    // Small integers as long as they do: a lane's first 2 GiB.
    return this.headHigh === 0 ? this.head : wholePosition(this.headHigh, this.head);
  }

  /** Writes and publishes one message. Its position after it, or BACK_PRESSURED. */
  offer(payload: Uint8Array, type: number): number {
    if (!this.accepts(payload, type)) this.refuse(payload, type);
    if (this.timestamps) this.time.read();
    if (!this.append(payload, type, 0)) return BACK_PRESSURED;
    this.publish();
    return this.position;
  }

  /** Writes messages and publishes them together, at most half a lane at once. How many there was room for. */
  offerBatch(payloads: readonly Uint8Array[], type: number): number {
    if (this.closedBy !== undefined) throw this.closedBy;
    for (let i = 0; i < payloads.length; i++) if (!this.accepts(payloads[i]!, type)) this.refuse(payloads[i]!, type);
    if (this.timestamps) this.time.read(); // they are published together: one time for all
    let count = 0;
    for (; count < payloads.length; count++) {
      if (!this.append(payloads[count]!, type, count)) break;
    }
    if (this.end !== this.head) this.publish();
    return count;
  }

  /** Reserves room for `count` messages of `length` bytes to be written in place. The first one's payload's byte offset, or BACK_PRESSURED. */
  tryClaim(length: number, type: number, count: number): number {
    checkMessage(length, type, this.maxPayloadLength);
    if (count !== 1) checkCount(count, length, this.capacity);
    const need = recordLength(length) * count;
    if (((this.limit - this.end) | 0) < need && !this.makeRoom(need)) return BACK_PRESSURED;
    this.claimedLength = length;
    this.claimedType = type;
    this.claimedCount = count;
    this.limit = this.end; // whatever else is tried meanwhile asks for room, and gets an error
    return this.laneStart + (this.end & this.mask) + HEADER_LENGTH;
  }

  /** Publishes the claimed messages. The position after them. */
  commit(): number {
    const length = this.claimedLength;
    if (length < 0) throw this.closedBy ?? noClaim('commit');
    this.claimedLength = -1;
    if (this.timestamps) this.time.read();
    this.seal(length, recordLength(length), this.claimedType, this.claimedCount);
    this.publish();
    this.limit = this.room.limit(this.head, this.end);
    return this.position;
  }

  /** Gives the claimed messages up: nothing of them is ever seen. */
  abort(): void {
    if (this.claimedLength < 0) throw this.closedBy ?? noClaim('abort');
    this.claimedLength = -1;
    this.end = this.head;
    this.limit = this.room.limit(this.head, this.end);
    this.aborted.add(1);
  }

  /** Whether there is room for a message of `length` bytes. Looks at every group. @throws HermesError ERR_HERMES_REMOVED */
  hasRoom(length: number): boolean {
    const need = recordLength(length);
    return this.room.make(this.head, this.end, this.paddingBefore(need) + need);
  }

  /** Whether every reliable group has acknowledged all before an unbounded position. Looks at every group. @throws likewise */
  isHandledTo(position: number): boolean {
    const lag = this.room.lag(this.head);
    return lag >= 0 && this.position - lag >= position;
  }

  /** From now on every call throws `error`. */
  close(error: HermesError): void {
    this.closedBy = error;
    this.claimedLength = -1;
    this.limit = this.end = this.head;
  }

  private accepts(payload: Uint8Array, type: number): boolean {
    return (
      payload instanceof Uint8Array &&
      payload.length <= this.maxPayloadLength &&
      type >= MIN_TYPE &&
      type <= MAX_TYPE &&
      (type | 0) === type
    );
  }

  /** Copies one message, the `index`th of its batch, to the end, unpublished. False when there is no room. */
  private append(payload: Uint8Array, type: number, index: number): boolean {
    const { length } = payload;
    const need = recordLength(length);
    if (((this.limit - this.end) | 0) < need && !this.makeRoom(need)) return false;
    this.payloads.copy(payload, this.laneStart + (this.end & this.mask) + HEADER_LENGTH, index);
    this.seal(length, need, type, 1);
    return true;
  }

  /** Completes `count` alike records at the end, whose payloads are in place, and moves the end past them. */
  private seal(length: number, need: number, type: number, count: number): void {
    const index = this.laneIndex + ((this.end & this.mask) >>> 2);
    this.fillHeader(index, length, type);
    if (count > 1) this.kernel.repeatHeader(index, need, count - 1);
    if (this.checksum) for (let i = 0; i < count; i++) this.addChecksum(index + i * (need >>> 2), length);
    this.end = (this.end + need * count) | 0;
    this.sequenceLow = (this.sequenceLow + count) | 0;
    if (this.sequenceLow >>> 0 < count) this.sequenceHigh = (this.sequenceHigh + 1) | 0;
  }

  private fillHeader(index: number, length: number, type: number): void {
    const { words, time } = this;
    words[index] = MAGIC;
    words[index + 1] = this.kind | (type << TYPE_SHIFT);
    words[index + 2] = this.sequenceLow;
    words[index + 3] = this.sequenceHigh;
    words[index + 4] = time.low;
    words[index + 5] = time.high;
    words[index + 6] = length;
    words[index + 7] = 0;
  }

  private addChecksum(index: number, length: number): void {
    this.words[index + 7] = crc32OfRecord(this.words, this.bytes, index * 4, length);
  }

  /** Makes all that was written visible: handover entry, high word if it changes, and last of all the head. */
  private publish(): void {
    if (this.sink !== undefined) this.passOn(this.sink);
    const { words, end } = this;
    const entry = this.entryIndex ^ 4; // the other one: two entries of four words, aligned to eight
    words[entry] = end; // plain: the load of the bell keeps the next entry behind this head (`handover.pml`)
    words[entry + 1] = this.sequenceLow;
    words[entry + 2] = this.sequenceHigh;
    this.entryIndex = entry;
    if ((end ^ this.head) < 0) Atomics.store(words, this.headHighIndex, ++this.headHigh);
    const bell = this.kernel.storeThenLoad(this.headIndex, end, this.consumers.bellIndex); // SYNC: published, handover, bell
    this.head = end;
    this.consumers.answer(bell);
  }

  /** What is to be published goes elsewhere first; where that fails it is given up. */
  private passOn(sink: RecordSink): void {
    try {
      sink.take(this.head, this.end);
    } catch (error) {
      this.end = this.head;
      this.sequenceLow = this.words[this.entryIndex + 1]!;
      this.sequenceHigh = this.words[this.entryIndex + 2]!;
      this.limit = this.room.limit(this.head, this.end);
      throw error;
    }
  }

  /** Looks for room for records of `need` bytes together, pads the lane's end away where it does not fit. False when there is none. */
  private makeRoom(need: number): boolean {
    if (this.closedBy !== undefined) throw this.closedBy;
    if (this.claimedLength >= 0) throw openClaim();
    const padding = this.paddingBefore(need);
    if (this.end !== this.head && ((this.end - this.head) | 0) + padding + need > this.capacity >>> 1) this.publish();
    if (!this.room.make(this.head, this.end, padding + need)) {
      this.backPressured.add(1);
      return false;
    }
    if (padding > 0) this.pad(padding);
    this.limit = this.room.limit(this.head, this.end);
    return true;
  }

  /** Bytes to the lane's end where a record of `need` bytes does not fit in before it. */
  private paddingBefore(need: number): number {
    const untilEnd = this.capacity - (this.end & this.mask);
    return need > untilEnd ? untilEnd : 0;
  }

  /** A padding record carries the sequence of the message that follows it; its CRC covers the header alone. */
  private pad(length: number): void {
    const index = this.laneIndex + ((this.end & this.mask) >>> 2);
    this.fillHeader(index, length - HEADER_LENGTH, PADDING_TYPE);
    if (this.checksum) this.addChecksum(index, 0);
    this.end = (this.end + length) | 0;
  }

  /** @throws HermesError that says what is wrong */
  private refuse(payload: Uint8Array, type: number): never {
    checkPayload(payload);
    checkMessage(payload.length, type, this.maxPayloadLength);
    throw new TypeError('unreachable: the message is fine');
  }
}
