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

// How the records of a file end: with padding, which is sealed; or earlier, where some are taken back and become zeros again.

/** Ends a file at a byte offset: a padding record fills the rest. @throws HermesError ERR_HERMES_NO_SPACE: there is none then */
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
 * process that dies meanwhile leaves a record that was begun, and nobody looks for whole ones inside of it.
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

/** Makes zeros of records that lie behind each other, the last one up to `end`: that first, so that one that dies leaves none behind a hole. */
export function wipeRecords(file: MappedFile, starts: readonly number[], end: number): void {
  for (let i = starts.length - 1; i >= 0; i--) wipeRecord(file, starts[i]!, starts[i + 1] ?? end);
}

/** Records of a file that lie behind each other. */
interface Records {
  /** Byte offset of the first, and what comes next in each lane there. */
  readonly offset: number;
  readonly sequences: LaneSequences;
  /** Byte offset of each. */
  readonly starts: readonly number[];
}

/**
 * The messages from the first one of a lane from a sequence on, all of which end at the byte offset `end`.
 * @throws HermesError ERR_HERMES_CORRUPT_JOURNAL when there is damage between
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

/** What a file must be of. */
type Origin = Pick<JournalHeader, 'segmentId' | 'laneCount' | 'journalId'>;

/**
 * Takes the messages of a lane back, from a sequence on, with which a file ends that others follow, and ends that file before them.
 * What one that died has begun of this is completed. Nothing is taken where other lanes' messages follow them, or the file is gone.
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
    new IndexWriter(path, header, countEntriesBefore(path, header, file.positionAt(offset))).close(); // it tells of no more than there is
    wipeEnd(walker, found, end);
    wipeRecords(file, starts, end);
    file.stage?.begin(offset);
    sealFile(file, offset);
  } finally {
    file.close();
  }
}

/** Whether it is in this file that the lane came to the sequence. */
function isFileOf(entry: JournalEntry, { segmentId, laneCount }: Origin, lane: number, sequence: number): boolean {
  const start = readJournalStart(entry);
  if (start?.table === undefined) return false;
  if (!start.header.segmentId.equals(segmentId) || start.header.laneCount !== laneCount) return false;
  const next = start.table.sequences.next(lane);
  return next === undefined || next <= sequence;
}

/** Of the padding record that ends a file, or what one that died has left of it and of the records before. */
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
