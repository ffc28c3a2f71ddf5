import { JOURNAL_DATA_OFFSET, LANE_TABLE_TYPE, laneTableLength } from '../layout/journal-file.js';
import { SEGMENT_TABLE_TYPE } from '../layout/journal-segment-table.js';
import {
  MAX_USER_TYPE,
  PADDING_TYPE,
  RECORD_HEADER_LENGTH,
  RECORD_KIND_WORD,
  RECORD_LENGTH_WORD,
  RECORD_SEQUENCE_HIGH_WORD,
  RECORD_SEQUENCE_LOW_WORD,
  recordLane,
  recordLength,
  recordType,
} from '../layout/record.js';
import { wholeSequence } from '../ring/head.js';
import { checksumFault, headerFault } from '../ring/record-fault.js';
import { JOURNAL_RULES } from './journal-record.js';
import { decodeSegmentTable, type Gap, type KnownSegment, KnownSegments } from './known-segments.js';
import { LaneSequences } from './lane-sequences.js';
import type { MappedFile } from './mapped-file.js';

/** What stands at a place of a file. */
export const NOTHING = 0;
export const MESSAGE = 1;
/** The table of the segment's lanes, or one of another segment behind it. */
export const LANE_TABLE = 2;
/** The end of a full file. */
export const SEALED = 3;
export const FAULT = 4;
export type Found = typeof NOTHING | typeof MESSAGE | typeof LANE_TABLE | typeof SEALED | typeof FAULT;

/**
 * Walks the records of one file and believes nothing of them: each field is read once and checked, then used. After
 * `next` the fields tell of the record that it found. Nothing here allocates once optimized, below 1,536 bytes of payload.
 */
export class JournalWalker {
  /** Byte offset in the file: of the record that was passed last, or -1 when none is known, and of the next. */
  recordOffset = -1;
  offset: number = JOURNAL_DATA_OFFSET;
  lane = 0;
  type = 0;
  /** Bytes of the payload. */
  length = 0;
  /** Messages that are missing, as far as they were noticed. */
  readonly gaps: Gap[] = [];
  /** What comes next in each lane of the file's segment. */
  readonly sequences: LaneSequences;
  /** That segment: hexadecimal. */
  readonly segmentId: string;
  /** Messages may be missing: damage was skipped. The next lane table ends that. */
  private mayJump = false;
  /** Byte offset behind the tables that were found: another one can follow there. */
  private tablesEnd = -1;

  private readonly segment: KnownSegment;
  private readonly words: Int32Array;
  private readonly bytes: Buffer;
  private readonly mappedEnd: number;
  private readonly dataEnd: number;

  /** `segments`: what is known of each segment, as the file before it ended. */
  constructor(
    readonly file: MappedFile,
    readonly segments: KnownSegments = new KnownSegments(),
  ) {
    this.segment = segments.enter(file.header.segmentId, file.header.laneCount);
    this.sequences = this.segment.sequences;
    this.segmentId = file.header.segmentId.toString('hex');
    this.words = file.memory.words;
    this.bytes = file.memory.bytes;
    this.mappedEnd = file.mappedEnd;
    this.dataEnd = file.dataEnd;
  }

  /** Reads the tables at the start of the file, for whoever goes on somewhere else. What is behind them. */
  readTables(): Found {
    this.offset = JOURNAL_DATA_OFFSET;
    let found = this.next();
    while (found === LANE_TABLE) found = this.next();
    return found;
  }

  /** Goes to a byte offset, where the sequences are those of `sequences`. */
  moveTo(offset: number, sequences: LaneSequences): void {
    this.offset = offset;
    this.recordOffset = -1;
    this.sequences.take(sequences);
  }

  /** Goes to a byte offset to which the file was read before. */
  goOnAt(offset: number): void {
    this.offset = offset;
    this.tablesEnd = offset; // it may be between two of them
  }

  /** Goes back to before the message that was found last. */
  stepBack(): void {
    const index = this.recordOffset >>> 2;
    this.offset = this.recordOffset;
    this.sequences.low[this.lane] = this.words[index + RECORD_SEQUENCE_LOW_WORD]!;
    this.sequences.high[this.lane] = this.words[index + RECORD_SEQUENCE_HIGH_WORD]!;
    this.recordOffset = -1;
  }

  /** Goes on behind damage: what comes next in a lane may be any number from the one that was due. */
  skipTo(offset: number): void {
    this.offset = offset;
    this.mayJump = true;
  }

  /** Looks at the next record and passes it if it is whole. */
  next(): Found {
    const { words } = this;
    const at = this.offset;
    if (at === this.dataEnd) return SEALED;
    if (at + RECORD_HEADER_LENGTH > this.mappedEnd) return NOTHING;
    const index = at >>> 2;
    const magic = Atomics.load(words, index); // SYNC: journaled
    if (magic === 0) return NOTHING;
    const kind = words[index + RECORD_KIND_WORD]!;
    const length = words[index + RECORD_LENGTH_WORD]!;
    if (this.headerFault(magic, kind, length) !== undefined) return FAULT;
    const type = recordType(kind);
    if (type === PADDING_TYPE || type > MAX_USER_TYPE) return this.special(at, type, kind, length);
    const lane = recordLane(kind);
    const low = words[index + RECORD_SEQUENCE_LOW_WORD]!;
    const high = words[index + RECORD_SEQUENCE_HIGH_WORD]!;
    const { sequences } = this;
    // Of a lane that the segment does not have, the number is undefined, and equal to none.
    if (low !== sequences.low[lane] || high !== sequences.high[lane]) {
      if (lane >= sequences.laneCount || !this.admits(lane, wholeSequence(high, low))) return FAULT;
    }
    if (checksumFault(words, this.bytes, index, length) !== undefined) return FAULT;
    sequences.pass(lane, low, high);
    this.lane = lane;
    this.type = type;
    this.length = length;
    this.recordOffset = at;
    this.offset = at + recordLength(length);
    return MESSAGE;
  }

  /** What is wrong with the words of a header at the offset. */
  private headerFault(magic: number, kind: number, length: number): string | undefined {
    const { offset, dataEnd, mappedEnd } = this;
    return headerFault(magic, kind, length, JOURNAL_RULES, dataEnd - offset, mappedEnd - offset);
  }

  /** Of a message that is not the one that is due. */
  private admits(lane: number, sequence: number): boolean {
    const due = this.sequences.next(lane);
    if (due === undefined) return true;
    if (!this.mayJump || sequence < due) return false;
    this.gaps.push(this.segment.gap(lane, due, sequence));
    return true;
  }

  /** Padding and tables. */
  private special(at: number, type: number, kind: number, length: number): Found {
    const isPadding = type === PADDING_TYPE;
    if (recordLane(kind) !== 0) return FAULT;
    if (checksumFault(this.words, this.bytes, at >>> 2, isPadding ? 0 : length) !== undefined) return FAULT;
    if (isPadding) {
      this.offset = this.dataEnd;
      return SEALED;
    }
    if (!(type === LANE_TABLE_TYPE ? this.takeTable(at, length) : this.hearTable(at, type, length))) return FAULT;
    this.recordOffset = at;
    this.offset = at + recordLength(length);
    this.tablesEnd = this.offset;
    return LANE_TABLE;
  }

  /** Of the file's own segment: the first record. False when it is none. */
  private takeTable(at: number, length: number): boolean {
    const { laneCount } = this.sequences;
    if (at !== JOURNAL_DATA_OFFSET || length !== laneTableLength(laneCount)) return false;
    const table = LaneSequences.decode(this.bytes, at + RECORD_HEADER_LENGTH, laneCount);
    if (table.isBehind(this.sequences)) return false; // it is of an earlier state of the journal
    this.gaps.push(...this.segment.take(table));
    this.mayJump = false;
    return true;
  }

  /** Of another segment: behind the tables before it. False when it is none. */
  private hearTable(at: number, type: number, length: number): boolean {
    const mayBe = type === SEGMENT_TABLE_TYPE && at === this.tablesEnd;
    const table = mayBe ? decodeSegmentTable(this.bytes, at + RECORD_HEADER_LENGTH, length) : undefined;
    if (table !== undefined) this.segments.hear(table);
    return table !== undefined;
  }

  /** What is wrong at the offset, in words for people; to be asked when `next` has found a FAULT there, or NOTHING. */
  fault(): string {
    const { words, offset } = this;
    if (offset + RECORD_HEADER_LENGTH > this.mappedEnd) return 'the file ends there';
    const index = offset >>> 2;
    const [magic, kind, length] = [words[index]!, words[index + RECORD_KIND_WORD]!, words[index + RECORD_LENGTH_WORD]!];
    if (magic === 0) return 'no record begins there';
    const type = recordType(kind);
    const fault =
      this.headerFault(magic, kind, length) ??
      checksumFault(words, this.bytes, index, type === PADDING_TYPE ? 0 : length);
    if (fault !== undefined) return fault;
    if (type === LANE_TABLE_TYPE && offset === JOURNAL_DATA_OFFSET) {
      return 'its lane table tells less than the files before';
    }
    if (type === PADDING_TYPE || type > MAX_USER_TYPE) return `its type ${type} has no place there`;
    const lane = recordLane(kind);
    if (lane >= this.sequences.laneCount) return `its lane is ${lane}, of ${this.sequences.laneCount}`;
    return `its sequence is not ${this.sequences.next(lane)}, which comes next in lane ${lane}`;
  }
}
