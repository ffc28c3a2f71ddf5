import { COUNTER_MESSAGES } from '../layout/counters.js';
import { HEAD_LOW_OFFSET } from '../layout/lane-control.js';
import {
  MAX_USER_TYPE,
  PADDING_TYPE,
  RECORD_HEADER_LENGTH,
  RECORD_MAGIC,
  RECORD_TYPE_MASK,
  RECORD_TYPE_SHIFT,
  recordKind,
  recordLength,
} from '../layout/record.js';
import { Counter } from './counter.js';
import { crc32OfRecord } from './crc32.js';
import { laneControlIndex, laneOffset, memberSlotIndex, positionIndex, wordAt } from './indices.js';
import type { Message, MessageHandler } from './message.js';
import { corruptLane, corruptRecord, type RecordRules, recordFault } from './record-fault.js';
import type { SegmentMemory } from './segment-memory.js';

/**
 * Reads one lane for an exclusive reliable group, in place: the group's position holds the writer back.
 * Positions are low words (int32). Nothing here allocates once optimized.
 */
export class LaneReader {
  private readonly words: Int32Array;
  private readonly bytes: Buffer;
  private readonly checksum: boolean;
  private readonly capacity: number;
  private readonly mask: number;
  private readonly rules: RecordRules;
  private readonly laneStart: number;
  private readonly headIndex: number;
  private readonly positionIndex: number;
  private readonly messages: Counter;

  /** Handed out up to here, and acknowledged up to there. */
  private position: number;
  private acknowledged: number;
  private unacknowledged = 0;
  /** Of the next record; -1, -1 (no message ever has that) until the first one was seen. */
  private sequenceLow = -1;
  private sequenceHigh = -1;
  private remaining = 0;

  /** `message` is filled and handed out; readers of one consumer share it. */
  constructor(
    private readonly memory: SegmentMemory,
    private readonly lane: number,
    group: number,
    private readonly message: Message,
  ) {
    const { words, geometry } = memory;
    this.words = words;
    this.bytes = memory.bytes;
    this.checksum = memory.checksum;
    this.capacity = geometry.laneCapacity;
    this.mask = geometry.laneCapacity - 1;
    this.rules = { kind: recordKind(lane, memory.checksum), maxPayloadLength: geometry.maxPayloadLength };
    this.laneStart = laneOffset(memory, lane);
    this.headIndex = wordAt(laneControlIndex(memory, lane), HEAD_LOW_OFFSET);
    this.positionIndex = positionIndex(memory, group, lane);
    this.messages = new Counter(words, memberSlotIndex(memory, group, 0), COUNTER_MESSAGES);
    this.position = Atomics.load(words, this.positionIndex); // SYNC: consumed
    this.acknowledged = this.position;
    if (this.position % RECORD_HEADER_LENGTH !== 0) {
      throw corruptLane(
        lane,
        `the group's position is ${this.position >>> 0}, not a multiple of ${RECORD_HEADER_LENGTH}`,
      );
    }
  }

  /**
   * Hands up to `limit` messages to `handler` and acknowledges, with one store, those that it returned from.
   * How many. @throws what the handler throws; HermesError ERR_HERMES_CORRUPT_SEGMENT
   */
  poll(handler: MessageHandler, limit: number): number {
    try {
      return this.read(handler, limit);
    } finally {
      this.acknowledge();
    }
  }

  /** The same without acknowledging: what was handed out stays in place until `acknowledge`. */
  read(handler: MessageHandler, limit: number): number {
    const { words, message } = this;
    const { kind: kindOfLane, maxPayloadLength } = this.rules;
    const head = Atomics.load(words, this.headIndex); // SYNC: published
    if (head === this.position) return 0;
    if ((head - this.position) >>> 0 > this.capacity) throw this.outOfBounds(head);
    this.remaining = limit;
    let count = 0;
    while (this.remaining > 0 && this.position !== head) {
      const position = this.position;
      const offset = this.laneStart + (position & this.mask);
      const index = offset >>> 2;
      const kind = words[index + 1]!;
      const type = (kind & RECORD_TYPE_MASK) >>> RECORD_TYPE_SHIFT;
      const length = words[index + 6]!;
      const whole = recordLength(length);
      if (
        words[index] !== RECORD_MAGIC ||
        (kind & ~RECORD_TYPE_MASK) !== kindOfLane ||
        type === PADDING_TYPE ||
        type > MAX_USER_TYPE ||
        length >>> 0 > maxPayloadLength ||
        whole > this.capacity - (position & this.mask) ||
        whole > (head - position) >>> 0 ||
        words[index + 2] !== this.sequenceLow ||
        words[index + 3] !== this.sequenceHigh
      ) {
        this.passPadding(head, index);
        continue;
      }
      if (this.checksum) this.checkCrc(offset, length);
      message.type = type;
      message.lane = this.lane;
      message.length = length;
      message.offset = offset + RECORD_HEADER_LENGTH;
      message.sequenceLow = this.sequenceLow;
      message.sequenceHigh = this.sequenceHigh;
      handler(message);
      this.position = (position + whole) | 0;
      this.sequenceLow = (this.sequenceLow + 1) | 0;
      if (this.sequenceLow === 0) this.sequenceHigh = (this.sequenceHigh + 1) | 0;
      this.remaining--;
      this.unacknowledged++;
      count++;
    }
    return count;
  }

  /** Tells the writer, with one store, that all messages handed out may be overwritten. */
  acknowledge(): void {
    const { words, positionIndex, position } = this;
    if (position === this.acknowledged) return;
    words[positionIndex + 1] = this.sequenceLow;
    words[positionIndex + 2] = this.sequenceHigh;
    Atomics.store(words, positionIndex, position); // SYNC: consumed
    this.acknowledged = position;
    this.messages.add(this.unacknowledged);
    this.unacknowledged = 0;
  }

  /** True when all that has been published was handed out. */
  get isEmpty(): boolean {
    return Atomics.load(this.words, this.headIndex) === this.position; // SYNC: published
  }

  /** Ends a running poll after the message that is being handled. */
  stop(): void {
    this.remaining = 0;
  }

  /** The record at the position is not simply the next message: padding is passed, the first sequence learnt, all else is damage. */
  private passPadding(head: number, index: number): void {
    const { words, position } = this;
    const untilEnd = this.capacity - (position & this.mask);
    const fault = recordFault(words, index, this.rules, untilEnd, (head - position) >>> 0);
    if (fault !== undefined) throw corruptRecord(this.memory, this.lane, position, fault);
    const sequenceLow = words[index + 2]!;
    const sequenceHigh = words[index + 3]!;
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
    if ((words[index + 1]! & RECORD_TYPE_MASK) >>> RECORD_TYPE_SHIFT === PADDING_TYPE) {
      if (this.checksum) this.checkCrc(this.laneStart + (position & this.mask), 0);
      this.position = (position + untilEnd) | 0;
    }
  }

  private checkCrc(offset: number, length: number): void {
    if (crc32OfRecord(this.words, this.bytes, offset, length) !== this.words[(offset >>> 2) + 7]) {
      throw corruptRecord(this.memory, this.lane, this.position, 'its checksum does not match its content');
    }
  }

  private outOfBounds(head: number): Error {
    return corruptLane(
      this.lane,
      `the group's position (low word ${this.position >>> 0}) is not within a lane's length of head (${head >>> 0})`,
    );
  }
}
