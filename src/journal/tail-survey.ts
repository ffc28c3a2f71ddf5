import { JOURNAL_DATA_OFFSET } from '../layout/journal-file.js';
import { RECORD_ALIGNMENT, RECORD_HEADER_LENGTH, RECORD_MAGIC, recordLength } from '../layout/record.js';
import type { JournalFile } from './journal-file.js';
import { JournalWalker, MESSAGE, SEALED } from './journal-walker.js';
import { LaneSequences } from './lane-sequences.js';

/** What lies behind the place where the records of a file stop being whole. */
export interface TailSurvey {
  /** Byte offset of the next whole record, or -1: then the records end where they stop, and the tail is only torn. */
  readonly nextRecordOffset: number;
  /** Byte offset behind the last byte that is not zero; `from` when there is none. */
  readonly usedEnd: number;
}

/** Looks at all bytes from the offset on: some milliseconds for 64 MiB. `sequences` are those that are due there. */
export function surveyTail(file: JournalFile, from: number, sequences: LaneSequences): TailSurvey {
  const { words } = file.memory;
  const end = file.mappedEnd >>> 2;
  let usedEnd = from;
  let nextRecordOffset = -1;
  const start = searchStart(file, from);
  for (let index = from >>> 2; index < end; index += RECORD_ALIGNMENT / 4) {
    let bits = 0;
    for (let i = index; i < index + RECORD_ALIGNMENT / 4; i++) bits |= words[i]!;
    if (bits === 0) continue;
    usedEnd = Math.min((index + RECORD_ALIGNMENT / 4) * 4, file.mappedEnd);
    if (words[index] !== RECORD_MAGIC || nextRecordOffset !== -1 || index * 4 < start) continue;
    if (isWholeRecord(file, index * 4, sequences)) nextRecordOffset = index * 4;
  }
  return { nextRecordOffset, usedEnd };
}

/**
 * A message that was being written by a process that died has its length, but no magic yet. What looks like a record
 * inside of it is payload.
 */
function searchStart(file: JournalFile, from: number): number {
  if (from + RECORD_HEADER_LENGTH > file.mappedEnd) return from;
  const magic = file.memory.words[from >>> 2]!;
  const length = file.memory.words[(from >>> 2) + 6]! >>> 0;
  const isBegun = magic === 0 && length <= file.mappedEnd - from - RECORD_HEADER_LENGTH;
  return from + (isBegun ? recordLength(length) : RECORD_ALIGNMENT);
}

/** A message that does not come before what is due in its lane, or the end of the file; by magic, length, CRC. */
function isWholeRecord(file: JournalFile, offset: number, due: LaneSequences): boolean {
  if (offset === JOURNAL_DATA_OFFSET) return false;
  const walker = new JournalWalker(file);
  walker.moveTo(offset, new LaneSequences(due.laneCount));
  const found = walker.next();
  if (found === SEALED) return true;
  if (found !== MESSAGE) return false;
  const sequence = (walker.sequences.next(walker.lane) ?? 0) - 1;
  return sequence >= (due.next(walker.lane) ?? 0);
}
