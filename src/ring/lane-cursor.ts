import type { HermesError } from '../errors.js';
import { COUNTER_BACK_PRESSURED } from '../layout/counters.js';
import { HEAD_HIGH_OFFSET, HEAD_LOW_OFFSET } from '../layout/lane-control.js';
import { CONSUMER_BELL_OFFSET } from '../layout/preamble.js';
import {
  PADDING_TYPE,
  RECORD_CRC_WORD,
  RECORD_HEADER_LENGTH,
  RECORD_TYPE_SHIFT,
  recordKind,
  recordLength,
} from '../layout/record.js';
import { PublicationTime } from './clock.js';
import { Counter } from './counter.js';
import { crc32OfRecord } from './crc32.js';
import { highOf, lastPublished, wholePosition } from './head.js';
import type { HotWords } from './hot-words.js';
import { laneControlIndex, laneOffset, producerSlotIndex, wordAt } from './indices.js';
import { LaneRoom } from './lane-room.js';
import { openBatch, openClaim } from './misuse.js';
import { PayloadCopier } from './payload-copier.js';
import { fillHeader } from './record-header.js';
import type { RecordSink } from './record-sink.js';
import { Ringer } from './ringer.js';
import type { SegmentMemory } from './segment-memory.js';

// Values in place of a claimed length: nothing is being written, or a batch is being read and written.
export const FREE = -1;
export const BATCH = -2;

/**
 * Where the writer of a lane stands: head, end, sequence and limit are one cursor. It runs ahead of what is published while a call
 * writes; a publication brings head up to it, and whatever throws before that takes it back (`rollBack`). Positions are low words
 * (int32): the difference of two is right however often they have wrapped. Nothing here allocates once optimized.
 */
export abstract class LaneCursor {
  private readonly words: Int32Array;
  private readonly hot: HotWords;
  private readonly bytes: Buffer;
  private readonly payloads: PayloadCopier;
  /** What goes into records; zeros in a segment without timestamps. */
  protected readonly time: PublicationTime;
  private readonly checksum: boolean;
  protected readonly timestamps: boolean;
  protected readonly maxPayloadLength: number;
  protected readonly capacity: number;
  protected readonly mask: number;
  private readonly kind: number;
  /** The lane in bytes, and in words. */
  protected readonly laneStart: number;
  private readonly laneIndex: number;
  private readonly headIndex: number;
  private readonly headHighIndex: number;
  protected readonly room: LaneRoom;
  private readonly consumers: Ringer;
  private readonly backPressured: Counter;

  /** The published position, and the high word that goes with it. */
  protected head: number;
  private headHigh: number;
  /** Where the next record goes; beyond `head` only while a batch is being written. */
  protected end: number;
  /** Records may be written up to here without asking for room: never beyond the lane's end, nothing while a claim is open, or a batch is read. */
  protected limit: number;
  /** Of the next message. */
  private sequenceLow: number;
  private sequenceHigh: number;
  /** Words: the handover entry of the present head. */
  private entryIndex: number;
  /** Each of the messages that are being written in place; or FREE, or BATCH. */
  protected claimedLength: number = FREE;
  protected closedBy: HermesError | undefined;

  /** Takes the lane over where its last writer left it. `ringSleepers` rings consumers. @throws HermesError ERR_HERMES_CORRUPT_SEGMENT */
  protected constructor(
    memory: SegmentMemory,
    readonly lane: number,
    ringSleepers: () => void,
    private readonly sink: RecordSink | undefined,
  ) {
    const { words, geometry } = memory;
    const control = laneControlIndex(memory, lane);
    const slot = producerSlotIndex(memory, lane);
    this.words = words;
    this.hot = memory.hot;
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

    const { position, entryIndex } = lastPublished(memory, lane);
    this.head = position | 0;
    this.headHigh = highOf(position);
    this.end = this.head;
    this.limit = this.head;
    this.entryIndex = entryIndex;
    this.sequenceLow = words[entryIndex + 1]!;
    this.sequenceHigh = words[entryIndex + 2]!;
    this.room = new LaneRoom(memory, lane, position);
    this.consumers = new Ringer(memory, CONSUMER_BELL_OFFSET, ringSleepers);
  }

  /** The unbounded position after the last published message, in bytes. */
  get position(): number {
    // Small integers while they suffice: for a lane's first 2 GiB.
    return this.headHigh === 0 ? this.head : wholePosition(this.headHigh, this.head);
  }

  /** Gives up what was written since the last publication: nobody ever sees it, and no sequence is skipped. */
  protected rollBack(): void {
    if (this.claimedLength !== FREE) return; // the refused call came during a claim or a batch, which stays valid
    this.end = this.head;
    this.limit = this.head; // the next write asks for room anew
    this.sequenceLow = this.words[this.entryIndex + 1]!;
    this.sequenceHigh = this.words[this.entryIndex + 2]!;
  }

  /** Writes one message, the `index`th of its batch, to the end, unpublished. False when there is no room before a publication. */
  protected append(payload: Uint8Array, length: number, type: number, index: number): boolean {
    const need = recordLength(length);
    if (((this.limit - this.end) | 0) < need && !this.makeRoom(need)) return false;
    this.put(payload, length, need, type, index);
    return true;
  }

  protected put(payload: Uint8Array, length: number, need: number, type: number, index: number): void {
    this.copy(payload, length, index);
    this.seal(length, need, type, 1);
  }

  /** Copies a payload to where the next record has it. */
  protected copy(payload: Uint8Array, length: number, index: number): void {
    this.payloads.copy(payload, length, this.laneStart + (this.end & this.mask) + RECORD_HEADER_LENGTH, index);
  }

  /** Completes `count` equal records at the end whose payloads are in place, and moves the end past them. */
  protected seal(length: number, need: number, type: number, count: number): void {
    const index = this.laneIndex + ((this.end & this.mask) >>> 2);
    this.fillHeader(index, length, type);
    if (count > 1) this.hot.repeatHeader(index, need, count - 1);
    if (this.checksum) for (let i = 0; i < count; i++) this.addChecksum(index + i * (need >>> 2), length);
    this.end = (this.end + need * count) | 0;
    this.sequenceLow = (this.sequenceLow + count) | 0;
    if (this.sequenceLow >>> 0 < count) this.sequenceHigh = (this.sequenceHigh + 1) | 0;
  }

  /** The same for one record, and publishes it: by one call, if nothing else has to be done for it. */
  protected sealAndPublish(length: number, need: number, type: number): void {
    const end = (this.end + need) | 0;
    if (this.sink !== undefined || this.checksum || (end ^ this.head) < 0) {
      this.seal(length, need, type, 1);
      this.publish();
      return;
    }
    const { time, sequenceLow, sequenceHigh, headIndex } = this;
    const index = this.laneIndex + ((this.end & this.mask) >>> 2);
    const kind = this.kind | (type << RECORD_TYPE_SHIFT);
    const entry = this.entryIndex ^ 4;
    const { bellIndex } = this.consumers;
    this.end = end;
    this.sequenceLow = (sequenceLow + 1) | 0;
    if (sequenceLow === -1) this.sequenceHigh = (sequenceHigh + 1) | 0;
    // biome-ignore format: one call, with both ends of the publication
    const bell = this.hot.sealAndPublish(index, kind, sequenceLow, sequenceHigh, time.low, time.high, length, end, entry, headIndex, bellIndex); // SYNC: published, handover, bell
    this.entryIndex = entry;
    this.head = end;
    this.consumers.answer(bell);
  }

  private fillHeader(index: number, length: number, type: number): void {
    const { words, time } = this;
    const kind = this.kind | (type << RECORD_TYPE_SHIFT);
    fillHeader(words, index, kind, this.sequenceLow, this.sequenceHigh, time.low, time.high, length);
  }

  private addChecksum(index: number, length: number): void {
    this.words[index + RECORD_CRC_WORD] = crc32OfRecord(this.words, this.bytes, index * 4, length);
  }

  /** Makes all that was written visible: handover entry, high word if it changes, and last of all the head. */
  protected publish(): void {
    const { words, end, sink } = this;
    if (sink !== undefined) sink.take(this.head, end);
    const entry = this.entryIndex ^ 4; // the other one: two entries of four words, aligned to eight
    words[entry] = end; // plain: the load of the bell keeps the next entry behind this head (`handover.pml`)
    words[entry + 1] = this.sequenceLow;
    words[entry + 2] = this.sequenceHigh;
    this.entryIndex = entry;
    if ((end ^ this.head) < 0) Atomics.store(words, this.headHighIndex, ++this.headHigh);
    const bell = this.hot.storeThenLoad(this.headIndex, end, this.consumers.bellIndex); // SYNC: published, handover, bell
    this.head = end;
    this.consumers.answer(bell);
  }

  /** @throws HermesError while a claim is open, or a batch is read */
  protected checkFree(): void {
    if (this.claimedLength !== FREE) throw this.claimedLength === BATCH ? openBatch() : openClaim();
  }

  protected makeRoom(need: number): boolean {
    if (this.closedBy !== undefined) throw this.closedBy;
    this.checkFree();
    return !this.isPublicationDue(need) && this.findRoom(need);
  }

  /** Looks for room for records of `need` bytes together, and pads the lane's end if they do not fit before it. False if there is none. */
  protected findRoom(need: number): boolean {
    if (this.closedBy !== undefined) throw this.closedBy;
    const padding = this.paddingBefore(need);
    if (!this.room.make(this.head, this.end, padding + need)) {
      this.backPressured.add(1);
      return false;
    }
    if (padding > 0) this.pad(padding);
    this.limit = this.room.limit(this.head, this.end);
    return true;
  }

  /** Whether `need` more bytes of records would make the unpublished records more than half a lane. */
  protected isPublicationDue(need: number): boolean {
    const unpublished = (this.end - this.head) | 0;
    return unpublished !== 0 && unpublished + this.paddingBefore(need) + need > this.capacity >>> 1;
  }

  /** Bytes to the lane's end if a record of `need` bytes does not fit before it, else 0. */
  protected paddingBefore(need: number): number {
    const untilEnd = this.capacity - (this.end & this.mask);
    return need > untilEnd ? untilEnd : 0;
  }

  /** A padding record carries the sequence of the message that follows it; its CRC covers the header alone. */
  private pad(length: number): void {
    const index = this.laneIndex + ((this.end & this.mask) >>> 2);
    this.fillHeader(index, length - RECORD_HEADER_LENGTH, PADDING_TYPE);
    if (this.checksum) this.addChecksum(index, 0);
    this.end = (this.end + length) | 0;
  }
}
