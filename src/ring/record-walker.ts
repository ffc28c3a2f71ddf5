import { refuseHandlersPromise } from '../dropped-promise.js';
import { HEAD_LOW_OFFSET } from '../layout/lane-control.js';
import {
  MAX_USER_TYPE,
  PADDING_TYPE,
  RECORD_ALIGNMENT,
  RECORD_CRC_WORD,
  RECORD_HEADER_LENGTH,
  RECORD_KIND_WORD,
  RECORD_LENGTH_WORD,
  RECORD_MAGIC,
  RECORD_SEQUENCE_HIGH_WORD,
  RECORD_SEQUENCE_LOW_WORD,
  RECORD_TYPE_MASK,
  RECORD_TYPE_SHIFT,
  recordKind,
  recordType,
} from '../layout/record.js';
import { corruptLane } from './corrupt-lane.js';
import { crc32OfRecord } from './crc32.js';
import type { HotWords } from './hot-words.js';
import { laneControlIndex, laneOffset, wordAt } from './indices.js';
import type { Message, MessageHandler } from './message.js';
import { corruptRecord, laneRules, type RecordRules, recordFault } from './record-fault.js';
import type { SegmentMemory } from './segment-memory.js';

/**
 * Walks the records of one lane in place and trusts none of them: each field is read once and checked, then used.
 * Positions are low words (int32). Once optimized, nothing here allocates but the checksum of a payload from 1,536 bytes on
 * (a view). Readers of reliable groups build on it.
 */
export class RecordWalker {
  protected readonly words: Int32Array;
  protected readonly hot: HotWords;
  protected readonly capacity: number;
  private readonly bytes: Buffer;
  private readonly checksum: boolean;
  private readonly kind: number;
  private readonly maxPayloadLength: number;
  private readonly rules: RecordRules;
  /** Where the payload of a record at the lane's start begins, in bytes; and where the lane starts, in words. */
  private readonly firstPayload: number;
  private readonly laneIndex: number;
  private readonly headIndex: number;

  /** The next record's. */
  protected position = 0;
  /** Of the next record; -1, -1 (no message ever has that) when it is not known. */
  private sequenceLow = -1;
  private sequenceHigh = -1;
  /** Messages that a running walk may still hand out; 0 once it was stopped. */
  protected remaining = 0;

  /** `message` is filled and handed out; the readers of one consumer share it. */
  constructor(
    protected readonly memory: SegmentMemory,
    readonly lane: number,
    private readonly message: Message<unknown>,
  ) {
    const { words, geometry } = memory;
    this.words = words;
    this.hot = memory.hot;
    this.bytes = memory.bytes;
    this.checksum = memory.checksum;
    this.capacity = geometry.laneCapacity;
    this.kind = recordKind(lane, memory.checksum);
    this.maxPayloadLength = geometry.maxPayloadLength;
    this.rules = laneRules(memory, lane);
    this.firstPayload = laneOffset(memory, lane) + RECORD_HEADER_LENGTH;
    this.laneIndex = laneOffset(memory, lane) >>> 2;
    this.headIndex = wordAt(laneControlIndex(memory, lane), HEAD_LOW_OFFSET);
  }

  get isEmpty(): boolean {
    return this.loadHead() === this.position;
  }

  /** Always 0: the group holds the writer back. */
  get lost(): number {
    return 0;
  }

  /** Ends a running walk after the message that is being handled. */
  stop(): void {
    this.remaining = 0;
  }

  protected loadHead(): number {
    return this.hot.load(this.headIndex); // SYNC: published
  }

  /** Goes to a position whose sequence is not known. */
  protected moveTo(position: number): void {
    this.position = position;
    this.sequenceLow = -1;
    this.sequenceHigh = -1;
  }

  /**
   * Hands the messages from the position up to `end`, at most `limit`, to `handler`. Returns how many. What the handler
   * throws passes through, and its message counts as not handed out. Without a handler it only finds their end and checks headers.
   * @throws HermesError ERR_HERMES_CORRUPT_SEGMENT, _INVALID_STATE when the handler returns a promise
   */
  protected walk(handler: MessageHandler<unknown> | undefined, end: number, limit: number): number {
    const { words, message, capacity, kind, maxPayloadLength } = this;
    if ((end - this.position) >>> 0 > capacity) throw this.outOfBounds(end);
    message.lane = this.lane;
    this.remaining = limit;
    let count = 0;
    while (this.remaining > 0 && this.position !== end) {
      const { position } = this;
      const at = position & (capacity - 1);
      const index = this.laneIndex + (at >>> 2);
      // `recordType` and `recordLength`, written out: V8 checks at each call that the function is still the same, half a nanosecond each.
      const found = words[index + RECORD_KIND_WORD]!;
      const type = (found & RECORD_TYPE_MASK) >>> RECORD_TYPE_SHIFT;
      const length = words[index + RECORD_LENGTH_WORD]!;
      const whole = (length + (RECORD_HEADER_LENGTH + RECORD_ALIGNMENT - 1)) & -RECORD_ALIGNMENT;
      if (
        words[index] !== RECORD_MAGIC ||
        (found & ~RECORD_TYPE_MASK) !== kind ||
        type === PADDING_TYPE ||
        type > MAX_USER_TYPE ||
        length >>> 0 > maxPayloadLength ||
        whole > capacity - at ||
        whole > (end - position) >>> 0 ||
        words[index + RECORD_SEQUENCE_LOW_WORD] !== this.sequenceLow ||
        words[index + RECORD_SEQUENCE_HIGH_WORD] !== this.sequenceHigh
      ) {
        this.lookCloser(end, index);
        continue;
      }
      if (handler !== undefined) {
        if (this.checksum) this.checkCrc(index, length);
        message.type = type;
        message.length = length;
        message.offset = this.firstPayload + at;
        const result: unknown = handler(message);
        // A short arrow function returns its last expression, usually a number: that needs no call.
        if (result !== undefined && typeof result !== 'number') refuseHandlersPromise(result);
      }
      this.position = (position + whole) | 0;
      this.sequenceLow = (this.sequenceLow + 1) | 0;
      if (this.sequenceLow === 0) this.sequenceHigh = (this.sequenceHigh + 1) | 0;
      this.remaining--;
      count++;
    }
    return count;
  }

  /** Handles a record that is not simply the next message: it passes padding and learns the first sequence; anything else is damage. */
  private lookCloser(end: number, index: number): void {
    const { words, position } = this;
    const untilEnd = this.capacity - (position & (this.capacity - 1));
    const fault = recordFault(words, index, this.rules, untilEnd, (end - position) >>> 0);
    if (fault !== undefined) throw corruptRecord(this.memory, this.lane, position, fault);
    const sequenceLow = words[index + RECORD_SEQUENCE_LOW_WORD]!;
    const sequenceHigh = words[index + RECORD_SEQUENCE_HIGH_WORD]!;
    const learnt = this.sequenceLow !== -1 || this.sequenceHigh !== -1;
    if (learnt && (sequenceLow !== this.sequenceLow || sequenceHigh !== this.sequenceHigh)) {
      const expected = `${this.sequenceHigh >>> 0}:${this.sequenceLow >>> 0}`;
      const found = `${sequenceHigh >>> 0}:${sequenceLow >>> 0}`;
      throw corruptRecord(
        this.memory,
        this.lane,
        position,
        `its sequence is ${found} instead of ${expected} (high:low)`,
      );
    }
    this.sequenceLow = sequenceLow;
    this.sequenceHigh = sequenceHigh;
    if (recordType(words[index + RECORD_KIND_WORD]!) === PADDING_TYPE) {
      if (this.checksum) this.checkCrc(index, 0);
      this.position = (position + untilEnd) | 0;
    }
  }

  private checkCrc(index: number, length: number): void {
    if (crc32OfRecord(this.words, this.bytes, index * 4, length) !== this.words[index + RECORD_CRC_WORD]) {
      throw corruptRecord(this.memory, this.lane, this.position, 'its checksum does not match its content');
    }
  }

  /** The error for a position that no group can have. */
  protected outOfBounds(end: number): Error {
    return corruptLane(
      this.lane,
      `the group's position (low word ${this.position >>> 0}) does not fit what it is to read up to (${end >>> 0})`,
    );
  }
}
