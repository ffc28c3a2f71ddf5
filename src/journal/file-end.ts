import type { HermesError } from '../errors.js';
import {
  RECORD_CRC_WORD,
  RECORD_HEADER_LENGTH,
  RECORD_KIND_WORD,
  RECORD_LENGTH_WORD,
  RECORD_MAGIC,
  RECORD_SEQUENCE_LOW_WORD,
} from '../layout/record.js';
import { crc32OfBegunRecord } from '../ring/crc32.js';
import { damagedJournal } from './corrupt-journal.js';
import { countEntriesBefore, IndexWriter } from './file-index.js';
import { type JournalHeader, readJournalStart } from './file-start.js';
import type { JournalEntry } from './journal-directory.js';
import { JOURNAL_KIND } from './journal-record.js';
import { walkToPlace } from './journal-seek.js';
import { type Found, type JournalWalker, MESSAGE, SEALED } from './journal-walker.js';
import type { LaneSequences } from './lane-sequences.js';
import { MappedFile } from './mapped-file.js';
import { surveyTail } from './tail-survey.js';

// How the records of a file end: padding seals the file, or the last records are taken back and become zeros again.

/** Ends a file at a byte offset: a padding record fills the rest. @throws HermesError ERR_HERMES_NO_SPACE: then there is no padding */
export function sealFile(file: MappedFile, offset: number): void {
  const { memory, stage, dataEnd } = file;
  const { words, bytes } = memory;
  if (offset === dataEnd) return;
  const index = offset >>> 2;
  words[index + RECORD_KIND_WORD] = JOURNAL_KIND;
  words.fill(0, index + RECORD_SEQUENCE_LOW_WORD, index + RECORD_LENGTH_WORD);
  words[index + RECORD_LENGTH_WORD] = dataEnd - offset - RECORD_HEADER_LENGTH;
  words[index + RECORD_CRC_WORD] = crc32OfBegunRecord(words, bytes, offset, 0);
  Atomics.store(words, index, RECORD_MAGIC); // SYNC: journaled
  try {
    stage?.storePadding(offset);
  } catch (error) {
    wipeRecord(file, offset, offset + RECORD_HEADER_LENGTH);
    throw error;
  }
}

/**
 * Makes zeros of the last record of a file, from byte `start` to `end`: its magic first, the header with its length last. A
 * process that dies on the way leaves a record that was begun, and nobody looks for whole records inside it.
 * @throws HermesError ERR_HERMES_NO_SPACE where the file is not mapped to be written
 */
export function wipeRecord(
  { memory: { words, bytes }, stage }: Pick<MappedFile, 'memory' | 'stage'>,
  start: number,
  end: number,
): void {
  const payload = Math.min(start + RECORD_HEADER_LENGTH, end);
  Atomics.store(words, start >>> 2, 0); // SYNC: journaled
  bytes.fill(0, payload, end);
  bytes.fill(0, start, payload);
  stage?.wipe(start, end);
}

/** Makes zeros of records that lie one behind the other up to `end`. The last one comes first, so that a process that dies leaves no record behind a hole. */
export function wipeRecords(file: MappedFile, starts: readonly number[], end: number): void {
  for (let i = starts.length - 1; i >= 0; i--) wipeRecord(file, starts[i]!, starts[i + 1] ?? end);
}

/** Records of a file that lie one behind the other. */
interface Records {
  /** Byte offset of the first, and what comes next in each lane there. */
  readonly offset: number;
  readonly sequences: LaneSequences;
  /** Byte offset of each. */
  readonly starts: readonly number[];
}

/**
 * The messages from the first one that belongs to the lane and has this sequence or a later one. They end at the byte offset `end`.
 * @throws HermesError ERR_HERMES_CORRUPT_JOURNAL when there is damage among them
 */
export function messagesFrom(file: MappedFile, lane: number, sequence: number, end: number): Records {
  const walker = walkToPlace(file, { lane, sequence });
  const { offset } = walker;
  const sequences = walker.sequences.copy();
  const starts: number[] = [];
  for (let at = offset; walker.next() === MESSAGE; at = walker.offset) starts.push(at);
  if (walker.offset !== end) throw damagedAt(walker, walker.offset, end);
  return { offset, sequences, starts };
}

/** The segment and the journal that a file must belong to. */
type Origin = Pick<JournalHeader, 'segmentId' | 'laneCount' | 'journalId'>;

/**
 * Takes back the last messages of a file that is followed by others: those of a lane from a sequence on. The file then ends before them.
 * If a process died while it did this, it is completed. Nothing is taken back if messages of other lanes follow, or if the file is gone.
 * @throws HermesError ERR_HERMES_CORRUPT_JOURNAL when there is damage before them
 */
export function takeBackBefore(entries: readonly JournalEntry[], origin: Origin, lane: number, sequence: number): void {
  const entry = entries.findLast((each) => isFileOf(each, origin, lane, sequence));
  const file = entry && MappedFile.open(entry, 'read-write', undefined, origin.journalId);
  if (file === undefined) return;
  try {
    const walker = walkToPlace(file, { lane, sequence });
    const { offset } = walker;
    const starts: number[] = [];
    let end = offset;
    let found = walker.next();
    for (; found === MESSAGE && walker.lane === lane; found = walker.next()) {
      starts.push(end);
      end = walker.offset;
    }
    if (found === MESSAGE || (found === SEALED && starts.length === 0)) return;
    const { path, header } = file;
    new IndexWriter(path, header, countEntriesBefore(path, header, file.positionAt(offset))).close(); // the index must not name what is wiped
    wipeEnd(walker, found, end);
    wipeRecords(file, starts, end);
    file.stage?.begin(offset);
    sealFile(file, offset);
  } finally {
    file.close();
  }
}

/** Whether the lane reached the sequence in this file or a later one. */
function isFileOf(entry: JournalEntry, { segmentId, laneCount }: Origin, lane: number, sequence: number): boolean {
  const start = readJournalStart(entry);
  if (start?.table === undefined) return false;
  if (!start.header.segmentId.equals(segmentId) || start.header.laneCount !== laneCount) return false;
  const next = start.table.sequences.next(lane);
  return next === undefined || next <= sequence;
}

/** Wipes the padding record that ends a file, or what a process that died has left of it and of the records before. */
function wipeEnd(walker: JournalWalker, found: Found, offset: number): void {
  const { file, sequences } = walker;
  if (found === SEALED) {
    if (offset < file.dataEnd) wipeRecord(file, offset, offset + RECORD_HEADER_LENGTH);
    return;
  }
  const { nextRecordOffset, usedEnd } = surveyTail(file, offset, sequences);
  if (nextRecordOffset !== -1 || file.mappedEnd < file.dataEnd) {
    throw damagedAt(walker, offset, nextRecordOffset === -1 ? file.dataEnd : nextRecordOffset);
  }
  wipeRecord(file, offset, usedEnd);
}

function damagedAt(walker: JournalWalker, from: number, to: number): HermesError {
  return damagedJournal(walker.file.damageBetween(from, to, walker.fault()));
}
