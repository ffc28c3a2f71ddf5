import { refuseHandlersPromise } from '../dropped-promise.js';
import { COUNTER_LOST, COUNTER_MESSAGES } from '../layout/counters.js';
import { HEAD_LOW_OFFSET, RESERVED_OFFSET, RESERVED_PIECES_PER_LANE } from '../layout/lane-control.js';
import {
  PADDING_TYPE,
  RECORD_CRC_WORD,
  RECORD_HEADER_LENGTH,
  RECORD_KIND_WORD,
  RECORD_LENGTH_WORD,
  recordLength,
  recordType,
} from '../layout/record.js';
import { corruptLane } from './corrupt-lane.js';
import { Counter } from './counter.js';
import { crc32OfRecord } from './crc32.js';
import { exactHead, headAndSequence } from './head.js';
import { laneControlIndex, laneOffset, memberSlotIndex, wordAt } from './indices.js';
import type { Message, MessageHandler } from './message.js';
import type { Reader } from './reader.js';
import type { RecordCopy } from './record-copy.js';
import { corruptRecord, laneRules, type RecordRules, recordFault } from './record-fault.js';
import type { SegmentMemory } from './segment-memory.js';

/**
 * Reads one lane for a lossy group: it never holds the writer back. A record is copied out, and the copy is good only
 * if the writer had not come near it by then. Positions are unbounded (bytes).
 */
export class LossyReader implements Reader {
  private readonly words: Int32Array;
  private readonly capacity: number;
  private readonly laneIndex: number;
  private readonly headIndex: number;
  private readonly reservedIndex: number;
  private readonly rules: RecordRules;
  private readonly messages: Counter;
  private readonly lostMessages: Counter;
  /** The record at hand; the last word is stored to as a fence. */
  private readonly copy: Int32Array<ArrayBuffer>;
  private readonly copyBytes: Buffer;
  private readonly message: Message<unknown>;

  lost = 0;
  private position: number;
  /** Sequence of the next message; -1 if it was not known at the start. */
  private sequence: number;
  private remaining = 0;

  constructor(
    private readonly memory: SegmentMemory,
    private readonly lane: number,
    group: number,
    { words: copy, bytes: copyBytes, message }: RecordCopy,
  ) {
    const { words, geometry } = memory;
    const control = laneControlIndex(memory, lane);
    this.words = words;
    this.capacity = geometry.laneCapacity;
    this.laneIndex = laneOffset(memory, lane) >>> 2;
    this.headIndex = wordAt(control, HEAD_LOW_OFFSET);
    this.reservedIndex = wordAt(control, RESERVED_OFFSET);
    this.rules = laneRules(memory, lane);
    const slot = memberSlotIndex(memory, group, 0);
    this.messages = new Counter(words, slot, COUNTER_MESSAGES);
    this.lostMessages = new Counter(words, slot, COUNTER_LOST);
    this.copy = copy;
    this.copyBytes = copyBytes;
    this.message = message;
    const start = headAndSequence(memory, lane);
    this.position = start?.position ?? exactHead(memory, lane);
    this.sequence = start?.sequence ?? -1;
  }

  /**
   * Hands up to `limit` messages to `handler`, each as a copy. Returns how many. What the handler throws passes through:
   * that message is delivered again, unless it is overwritten first. @throws HermesError ERR_HERMES_CORRUPT_SEGMENT
   */
  read(handler: MessageHandler<unknown>, limit: number): number {
    this.remaining = limit;
    let count = 0;
    try {
      while (this.remaining > 0) {
        const head = Atomics.load(this.words, this.headIndex); // SYNC: published
        const available = (head - (this.position | 0)) >>> 0;
        if (available === 0) break;
        if (available > this.capacity || !this.copyRecord()) {
          this.skipToHead();
          continue;
        }
        if (this.checkCopy(available)) continue;
        const lost = this.fillMessage();
        const { message } = this;
        const { length, sequence } = message; // the handler may write to them
        refuseHandlersPromise(handler(message));
        this.pass(length, sequence, lost);
        this.remaining--;
        count++;
      }
    } finally {
      if (count > 0) this.messages.add(count);
    }
    return count;
  }

  /** A lossy reader holds nothing back, and what it has handed out does not come again. */
  acknowledge(): void {}
  rewind(): void {}

  get isEmpty(): boolean {
    return Atomics.load(this.words, this.headIndex) === (this.position | 0); // SYNC: published
  }

  stop(): void {
    this.remaining = 0;
  }

  /** Copies the record at the position; false when the writer may have touched it meanwhile. Trusts nothing that it reads. */
  private copyRecord(): boolean {
    const { words, copy } = this;
    const index = this.laneIndex + ((this.position % this.capacity) >>> 2);
    const length = words[index + RECORD_LENGTH_WORD]! >>> 0;
    const fits =
      length <= this.rules.maxPayloadLength && recordLength(length) <= this.capacity - (this.position % this.capacity);
    const wordCount = (fits ? recordLength(length) : RECORD_HEADER_LENGTH) >>> 2;
    for (let i = 0; i < wordCount; i++) copy[i] = words[index + i]!;
    if (fits) copy[RECORD_LENGTH_WORD] = length; // the length that was bounded, whatever a second read gave
    Atomics.store(copy, copy.length - 1, 0); // a fence: the copy is complete before `reserved` is loaded
    const reserved = Atomics.load(words, this.reservedIndex); // SYNC: reserved
    const piece = Math.floor(this.position / (this.capacity / RESERVED_PIECES_PER_LANE));
    return (reserved - (piece | 0)) >>> 0 <= RESERVED_PIECES_PER_LANE;
  }

  /** Lapped: go on from the head. What was lost shows as a gap in the sequence of the next message. */
  private skipToHead(): void {
    const lapped = this.position;
    this.position = exactHead(this.memory, this.lane);
    // There was something to read at the position, so the head is beyond it; or the words do not fit each other.
    if (this.position <= lapped) throw corruptLane(this.lane, `its head (${this.position}) and reserved do not fit`);
  }

  /** Checks the copied header; true when it was padding, which is passed. */
  private checkCopy(available: number): boolean {
    const untilEnd = this.capacity - (this.position % this.capacity);
    const fault = recordFault(this.copy, 0, this.rules, untilEnd, available);
    if (fault !== undefined) throw corruptRecord(this.memory, this.lane, this.position | 0, fault);
    const isPadding = recordType(this.copy[RECORD_KIND_WORD]!) === PADDING_TYPE;
    if (this.memory.checksum) {
      const crc = crc32OfRecord(this.copy, this.copyBytes, 0, isPadding ? 0 : this.copy[RECORD_LENGTH_WORD]!);
      if (crc !== this.copy[RECORD_CRC_WORD]) {
        throw corruptRecord(this.memory, this.lane, this.position | 0, 'its checksum does not match its content');
      }
    }
    if (isPadding) this.position += untilEnd;
    return isPadding;
  }

  /** Returns how many messages were lost before this one. */
  private fillMessage(): number {
    const { copy, message } = this;
    message.type = recordType(copy[RECORD_KIND_WORD]!);
    message.lane = this.lane;
    message.length = copy[RECORD_LENGTH_WORD]!;
    message.offset = RECORD_HEADER_LENGTH;
    message.lost = this.sequence === -1 ? 0 : message.sequence - this.sequence;
    if (message.lost < 0) {
      throw corruptRecord(this.memory, this.lane, this.position | 0, `its sequence ${message.sequence} came before`);
    }
    return message.lost;
  }

  private pass(length: number, sequence: number, lost: number): void {
    this.position += recordLength(length);
    this.sequence = sequence + 1;
    if (lost === 0) return;
    this.lost += lost;
    this.lostMessages.add(lost);
  }
}
