import {
  RECORD_CRC_WORD,
  RECORD_HEADER_LENGTH,
  RECORD_KIND_WORD,
  RECORD_LENGTH_WORD,
  RECORD_MAGIC,
  RECORD_SEQUENCE_HIGH_WORD,
  RECORD_SEQUENCE_LOW_WORD,
  RECORD_TIME_HIGH_WORD,
  RECORD_TIME_LOW_WORD,
  RECORD_TYPE_SHIFT,
  recordKind,
  recordLength,
} from '../layout/record.js';
import { crc32OfBegunRecord } from '../ring/crc32.js';
import { wholeSequence } from '../ring/head.js';
import { LaneSequences } from './lane-sequences.js';
import type { JournalMemory } from './mapped-file.js';

/** Payloads are copied word by word below this many bytes, where a view would cost more. */
const VIEW_MIN_LENGTH = 512;

/**
 * Copies records of a segment to the end of a mapped file. A record's magic is stored last: a process that dies leaves
 * whole records and at most one that was begun. Below 512 bytes of payload nothing is allocated, and nothing makes a
 * system call. The journal's writer builds on it.
 */
export abstract class RecordAppender {
  /** Byte offset of the next record in the file. */
  protected end = 0;
  /** Up to here, records are appended without `makeRoom`. */
  protected limit = 0;
  /** What comes next in each lane. */
  protected readonly sequences: LaneSequences;
  private words: Int32Array = new Int32Array(0);
  private bytes: Buffer = Buffer.alloc(0);
  private sourceWords: Int32Array = new Int32Array(0);
  private sourceBytes: Buffer = Buffer.alloc(0);
  /** The newest time of a message, in two words. */
  private newestHigh = 0;
  private newestLow = 0;

  /** `checksum`: the segment's records carry a CRC, which was checked when they were read, and is taken as it is. */
  protected constructor(
    laneCount: number,
    private readonly checksum: boolean,
  ) {
    this.sequences = new LaneSequences(laneCount);
  }

  /** The memory from which `append` copies. Makes a view of it. */
  readFrom(bytes: Buffer): void {
    this.sourceBytes = bytes;
    this.sourceWords = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  }

  /**
   * Copies the record at word `index` of the segment to the journal's end, unless the journal has it. True if it was
   * copied. Lane, type and length must have been checked. @throws HermesError ERR_HERMES_NO_SPACE: nothing was changed
   */
  append(index: number, lane: number, type: number, length: number): boolean {
    const { sourceWords, sequences } = this;
    const low = sourceWords[index + RECORD_SEQUENCE_LOW_WORD]!;
    const high = sourceWords[index + RECORD_SEQUENCE_HIGH_WORD]!;
    if (low !== sequences.low[lane] || high !== sequences.high[lane]) {
      if (!this.admit(lane, wholeSequence(high, low))) return false;
    }
    const whole = recordLength(length);
    if (this.end + whole > this.limit) this.makeRoom(whole);
    const { words, end } = this;
    const timeLow = sourceWords[index + RECORD_TIME_LOW_WORD]!;
    const timeHigh = sourceWords[index + RECORD_TIME_HIGH_WORD]!;
    const target = end >>> 2;
    words[target + RECORD_KIND_WORD] = recordKind(lane, true) | (type << RECORD_TYPE_SHIFT);
    words[target + RECORD_SEQUENCE_LOW_WORD] = low;
    words[target + RECORD_SEQUENCE_HIGH_WORD] = high;
    words[target + RECORD_TIME_LOW_WORD] = timeLow;
    words[target + RECORD_TIME_HIGH_WORD] = timeHigh;
    words[target + RECORD_LENGTH_WORD] = length;
    if (length < VIEW_MIN_LENGTH) {
      const last = (length + RECORD_HEADER_LENGTH + 3) >>> 2;
      for (let i = RECORD_HEADER_LENGTH / 4; i < last; i = (i + 1) | 0) words[target + i] = sourceWords[index + i]!;
    } else {
      const start = index * 4 + RECORD_HEADER_LENGTH;
      this.bytes.set(this.sourceBytes.subarray(start, start + length), end + RECORD_HEADER_LENGTH);
    }
    words[target + RECORD_CRC_WORD] = this.checksum
      ? sourceWords[index + RECORD_CRC_WORD]!
      : crc32OfBegunRecord(words, this.bytes, end, length);
    Atomics.store(words, target, RECORD_MAGIC); // SYNC: journaled
    this.end = end + whole;
    sequences.pass(lane, low, high);
    if (timeHigh > this.newestHigh || (timeHigh === this.newestHigh && timeLow >>> 0 > this.newestLow >>> 0)) {
      this.newestHigh = timeHigh;
      this.newestLow = timeLow;
    }
    return true;
  }

  /** Called for a message that is not the one that is due. True if it is to be copied. */
  protected abstract admit(lane: number, sequence: number): boolean;

  /** Makes room for `length` bytes at the end, and raises the limit. */
  protected abstract makeRoom(length: number): void;

  protected get newestTimeNs(): bigint {
    return (BigInt(this.newestHigh) << 32n) | BigInt(this.newestLow >>> 0);
  }

  protected set newestTimeNs(timeNs: bigint) {
    this.newestHigh = Number(timeNs >> 32n);
    this.newestLow = Number(BigInt.asIntN(32, timeNs));
  }

  /** Goes on in a file, from a byte offset on. */
  protected writeTo({ words, bytes }: JournalMemory, offset: number): void {
    this.words = words;
    this.bytes = bytes;
    this.end = offset;
    this.limit = offset;
  }
}
