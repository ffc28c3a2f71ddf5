import { JOURNAL_DATA_OFFSET } from '../layout/journal-file.js';
import {
  DEFAULT_TYPE,
  RECORD_ALIGNMENT,
  RECORD_HEADER_LENGTH,
  RECORD_KIND_WORD,
  RECORD_LENGTH_WORD,
  RECORD_MAGIC,
  RECORD_TYPE_SHIFT,
  recordLength,
} from '../layout/record.js';
import { ReadAhead } from '../os/prefault.js';
import { headerFault } from '../ring/record-fault.js';
import type { Damage } from './corrupt-journal.js';
import { JOURNAL_KIND, JOURNAL_RULES } from './journal-record.js';
import { type Found, JournalWalker, MESSAGE, SEALED } from './journal-walker.js';
import { LaneSequences } from './lane-sequences.js';
import { lostBehind } from './lost-files.js';
import type { MappedFile } from './mapped-file.js';

/** What lies behind the place where the records of a file stop being whole. */
interface TailSurvey {
  /** Byte offset of the next whole record, or -1: then the records end where they stop, and the tail is only torn. */
  readonly nextRecordOffset: number;
  /** Byte offset behind the last byte that is not zero; `from` when there is none. */
  readonly usedEnd: number;
}

/** Nearly all of a tail is zeros, which are passed a piece at a time. */
const PIECE_LENGTH: number = 64 * 1024;
const zeros: Buffer = Buffer.alloc(PIECE_LENGTH);
/** The kind of a message. */
const ANY_MESSAGE: number = JOURNAL_KIND | (DEFAULT_TYPE << RECORD_TYPE_SHIFT);

/** Looks at all bytes from the offset on: some milliseconds for 64 MiB. `sequences` are due there. */
export function surveyTail(file: MappedFile, from: number, sequences: LaneSequences): TailSurvey {
  const { mappedEnd } = file;
  const { bytes, words } = file.memory;
  const start = searchStart(file, from);
  const readAhead = new ReadAhead();
  let usedEnd = from;
  let nextRecordOffset = -1;
  for (let piece = from; piece < mappedEnd; piece += PIECE_LENGTH) {
    if (piece >= readAhead.end) readAhead.goOn(file.memory.buffer, piece, mappedEnd);
    const end = Math.min(piece + PIECE_LENGTH, mappedEnd);
    if (bytes.compare(zeros, 0, end - piece, piece, end) === 0) continue;
    for (let offset = piece; offset < end; offset += RECORD_ALIGNMENT) {
      if (bytes.compare(zeros, 0, RECORD_ALIGNMENT, offset, offset + RECORD_ALIGNMENT) === 0) continue;
      usedEnd = offset + RECORD_ALIGNMENT;
      if (nextRecordOffset !== -1 || offset < start || words[offset >>> 2] !== RECORD_MAGIC) continue;
      if (isWholeRecord(file, offset, sequences)) nextRecordOffset = offset;
    }
  }
  return { nextRecordOffset, usedEnd };
}

/**
 * A message that a process was writing when it died has its length, but no magic yet. There may be several, one behind the
 * other. What looks like a record inside such a message is payload.
 */
function searchStart({ mappedEnd, dataEnd, memory: { words } }: MappedFile, from: number): number {
  let start = from;
  while (start + RECORD_HEADER_LENGTH <= mappedEnd && words[start >>> 2] === 0) {
    const length = words[(start >>> 2) + RECORD_LENGTH_WORD]!;
    // The first one may have lost its kind already: a record that is wiped loses its length last.
    const kind = start === from ? ANY_MESSAGE : words[(start >>> 2) + RECORD_KIND_WORD]!;
    const fault = headerFault(RECORD_MAGIC, kind, length, JOURNAL_RULES, dataEnd - start, mappedEnd - start);
    if (fault !== undefined) break;
    start += recordLength(length);
  }
  return start === from ? from + RECORD_ALIGNMENT : start;
}

/** A message that is not older than what is due in its lane, or the padding that ends the file. */
function isWholeRecord(file: MappedFile, offset: number, due: LaneSequences): boolean {
  if (offset === JOURNAL_DATA_OFFSET) return false;
  const walker = new JournalWalker(file);
  walker.moveTo(offset, new LaneSequences(due.laneCount));
  const found = walker.next();
  if (found === SEALED) return true;
  if (found !== MESSAGE) return false;
  const sequence = (walker.sequences.next(walker.lane) ?? 0) - 1;
  return sequence >= (due.next(walker.lane) ?? 0);
}

/** What was found out about a place where a walk has found no whole record. */
interface BrokenWalk {
  readonly damage: Damage | undefined;
  /** Byte offset where the walk goes on; undefined at the end of what was written. */
  readonly nextOffset: number | undefined;
}

/**
 * Looks for whole records behind the place of a walker and, if there are none, for evidence that there were. `isLast`: no
 * file follows this one. Undefined if something was written or wiped meanwhile. Looks at all bytes from there on, and at the index.
 */
export function surveyBrokenWalk(walker: JournalWalker, found: Found, isLast: boolean): BrokenWalk | undefined {
  const { file, offset } = walker;
  const { nextRecordOffset } = surveyTail(file, offset, walker.sequences);
  const isTail = nextRecordOffset === -1;
  const lost = isTail ? lostBehind(file, offset) : undefined;
  const again = walker.next(); // it is damage only if it is still so
  if (again === MESSAGE) walker.stepBack();
  if (again !== found) return undefined;
  const end = isTail ? file.dataEnd : nextRecordOffset;
  const nextOffset = isTail && isLast ? undefined : end;
  if (nextOffset === undefined && lost === undefined) return { damage: undefined, nextOffset };
  const damageEnd = lost === undefined ? end : file.offsetAt(lost.toPosition);
  return { damage: file.damageBetween(offset, damageEnd, lost?.fault ?? walker.fault()), nextOffset };
}
