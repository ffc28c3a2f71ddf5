import { refuseHandlersPromise } from '../dropped-promise.js';
import { JOURNAL_DATA_OFFSET, LANE_TABLE_TYPE, laneTableLength } from '../layout/journal-file.js';
import { SEGMENT_TABLE_TYPE } from '../layout/journal-segment-table.js';
import {
  MAX_USER_TYPE,
  PADDING_TYPE,
  RECORD_HEADER_LENGTH,
  RECORD_KIND_WORD,
  RECORD_LENGTH_WORD,
  RECORD_MAGIC,
  RECORD_SEQUENCE_HIGH_WORD,
  RECORD_SEQUENCE_LOW_WORD,
  recordLane,
  recordLength,
  recordType,
} from '../layout/record.js';
import { wholeSequence } from '../ring/head.js';
import type { MessageHandler } from '../ring/message.js';
import { checksumFault, headerFault } from '../ring/record-fault.js';
import { JOURNAL_KIND, JOURNAL_KIND_MASK, JOURNAL_RULES } from './journal-record.js';
import { decodeSegmentTable, type Gap, type KnownSegment, KnownSegments } from './known-segments.js';
import { LaneSequences } from './lane-sequences.js';
import type { MappedFile } from './mapped-file.js';

/** What stands at a place of a file. */
export const NOTHING = 0;
export const MESSAGE = 1;
/** A table: of the lanes of the file's segment, or of another segment. */
export const LANE_TABLE = 2;
/** The end of a full file. */
export const SEALED = 3;
export const FAULT = 4;
export type Found = typeof NOTHING | typeof MESSAGE | typeof LANE_TABLE | typeof SEALED | typeof FAULT;

/**
 * Walks the records of one file and believes nothing of them: each field is read once and checked, then used. After
 * `next` the fields describe the record that it found. Nothing here allocates once optimized, below 1,536 bytes of payload.
 */
export class JournalWalker {
  /** Byte offset in the file: of the record that was passed last, or -1 when none is known, and of the next. */
  recordOffset = -1;
  offset: number = JOURNAL_DATA_OFFSET;
  lane = 0;
  type = 0;
  /** Bytes of the payload. */
  length = 0;
  /** Messages that were found missing. */
  readonly gaps: Gap[] = [];
  /** What comes next in each lane of the file's segment. */
  readonly sequences: LaneSequences;
  /** That segment: hexadecimal. */
  readonly segmentId: string;
  /** Damage was skipped, so messages may be missing until the next lane table. */
  private mayJump = false;
  /** Byte offset behind the tables that were found: another table may follow there. */
  private tablesEnd = -1;

  private readonly segment: KnownSegment;
  private readonly words: Int32Array;
  private readonly bytes: Buffer;
  private readonly mappedEnd: number;
  private readonly dataEnd: number;

  /** `segments`: what is known of each segment at the end of the file before. */
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

  /** Reads the tables at the start of the file, before a walk that begins elsewhere. Returns what is behind them. */
  readTables(): Found {
    this.offset = JOURNAL_DATA_OFFSET;
    let found = this.next();
    while (found === LANE_TABLE) found = this.next();
    return found;
  }

  /** Goes to a byte offset, where `sequences` come next. */
  moveTo(offset: number, sequences: LaneSequences): void {
    this.offset = offset;
    this.recordOffset = -1;
    this.sequences.take(sequences);
  }

  /** Goes to a byte offset up to which the file was read before. */
  goOnAt(offset: number): void {
    this.offset = offset;
    this.tablesEnd = offset; // it may be between two of them
  }

  /** Goes back to the message that was found last. */
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
    const { words, offset: at } = this;
    if (at === this.dataEnd) return SEALED;
    if (at + RECORD_HEADER_LENGTH > this.mappedEnd) return NOTHING;
    const index = at >>> 2;
    const magic = Atomics.load(words, index); // SYNC: journaled
    if (magic === 0) return NOTHING;
    const kind = words[index + RECORD_KIND_WORD]!;
    const length = words[index + RECORD_LENGTH_WORD]!;
    // A message's header is checked in place, as in the loop of a lane: a call of the checker costs 25 ns.
    if (magic !== RECORD_MAGIC || (kind & JOURNAL_KIND_MASK) !== JOURNAL_KIND) return FAULT;
    if (length >>> 0 > this.mappedEnd - at - RECORD_HEADER_LENGTH) return FAULT;
    const type = recordType(kind);
    if (type === PADDING_TYPE || type > MAX_USER_TYPE) return this.special(at, type, kind, length);
    const lane = recordLane(kind);
    const low = words[index + RECORD_SEQUENCE_LOW_WORD]!;
    const high = words[index + RECORD_SEQUENCE_HIGH_WORD]!;
    const { sequences } = this;
    // For a lane that the segment does not have, this compares with undefined.
    if (low !== sequences.low[lane] || high !== sequences.high[lane]) {
      if (lane >= sequences.laneCount || !this.admits(lane, wholeSequence(high, low))) return FAULT;
    }
    if (checksumFault(words, this.bytes, index, kind, length) !== undefined) return FAULT;
    sequences.pass(lane, low, high);
    this.lane = lane;
    this.type = type;
    this.length = length;
    this.recordOffset = at;
    this.offset = at + recordLength(length);
    return MESSAGE;
  }

  /** What is wrong with the record at the offset, which has these words. Lane and sequence are not checked. */
  private recordFault(magic: number, kind: number, length: number): string | undefined {
    const { words, bytes, offset, dataEnd, mappedEnd } = this;
    const fault = headerFault(magic, kind, length, JOURNAL_RULES, dataEnd - offset, mappedEnd - offset);
    return fault ?? checksumFault(words, bytes, offset >>> 2, kind, length);
  }

  /** Whether a message that is not the one that is due may stand there. */
  private admits(lane: number, sequence: number): boolean {
    const due = this.sequences.next(lane);
    if (due === undefined) return true;
    if (!this.mayJump || sequence < due) return false;
    this.gaps.push(this.segment.gap(lane, due, sequence));
    return true;
  }

  /** Padding and tables. */
  private special(at: number, type: number, kind: number, length: number): Found {
    if (recordLane(kind) !== 0 || this.recordFault(RECORD_MAGIC, kind, length) !== undefined) return FAULT;
    if (type === PADDING_TYPE) {
      this.offset = this.dataEnd;
      return SEALED;
    }
    if (!(type === LANE_TABLE_TYPE ? this.takeTable(at, length) : this.hearTable(at, type, length))) return FAULT;
    this.recordOffset = at;
    this.offset = at + recordLength(length);
    this.tablesEnd = this.offset;
    return LANE_TABLE;
  }

  /** Takes the lane table of the file's own segment, which is the first record. False if there is none. */
  private takeTable(at: number, length: number): boolean {
    const { laneCount } = this.sequences;
    if (at !== JOURNAL_DATA_OFFSET || length !== laneTableLength(laneCount)) return false;
    const table = LaneSequences.decode(this.bytes, at + RECORD_HEADER_LENGTH, laneCount);
    if (table.isBehind(this.sequences)) return false; // it is of an earlier state of the journal
    this.gaps.push(...this.segment.take(table));
    this.mayJump = false;
    return true;
  }

  /** Takes a table of another segment, which stands behind the tables before it. False if there is none. */
  private hearTable(at: number, type: number, length: number): boolean {
    const mayBe = type === SEGMENT_TABLE_TYPE && at === this.tablesEnd;
    const table = mayBe ? decodeSegmentTable(this.bytes, at + RECORD_HEADER_LENGTH, length) : undefined;
    if (table !== undefined) this.segments.hear(table);
    return table !== undefined;
  }

  /** What is wrong at the offset, in words for people, after `next` has found a FAULT or NOTHING there. */
  fault(): string {
    const { words, offset: at } = this;
    if (at + RECORD_HEADER_LENGTH > this.mappedEnd) return 'the file ends there';
    const index = at >>> 2;
    const [magic, kind, length] = [words[index]!, words[index + RECORD_KIND_WORD]!, words[index + RECORD_LENGTH_WORD]!];
    if (magic === 0) return 'no record begins there';
    const fault = this.recordFault(magic, kind, length);
    if (fault !== undefined) return fault;
    const type = recordType(kind);
    const isTable = type === LANE_TABLE_TYPE && at === JOURNAL_DATA_OFFSET;
    if (isTable) return 'its lane table tells less than the files before';
    if (type === PADDING_TYPE || type > MAX_USER_TYPE) return `its type ${type} has no place there`;
    const lane = recordLane(kind);
    if (lane >= this.sequences.laneCount) return `its lane is ${lane}, of ${this.sequences.laneCount}`;
    return `its sequence is not ${this.sequences.next(lane)}, which comes next in lane ${lane}`;
  }
}

/** Gives a handler the message that a walker has found. If the handler does not take it, it comes again. */
export class HandOver {
  /** While the handler runs. */
  isRunning = false;
  private isRefused = false;

  /** In a handler: the message comes again. */
  refuse(): void {
    this.isRefused = true;
  }

  /** False when the handler has refused the message. @throws what the handler throws */
  run(walker: JournalWalker, handler: MessageHandler): boolean {
    const { message } = walker.file.memory;
    message.lane = walker.lane;
    message.type = walker.type;
    message.length = walker.length;
    message.offset = walker.recordOffset + RECORD_HEADER_LENGTH;
    const next = walker.offset;
    walker.offset = walker.recordOffset; // `position` is this message's while the handler runs
    this.isRunning = true;
    try {
      refuseHandlersPromise(handler(message));
    } catch (error) {
      walker.stepBack();
      throw error;
    } finally {
      this.isRunning = false;
    }
    walker.offset = next;
    if (!this.isRefused) return true;
    this.isRefused = false;
    walker.stepBack();
    return false;
  }
}
