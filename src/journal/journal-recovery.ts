import fs from 'node:fs';
import { JOURNAL_DATA_OFFSET, JOURNAL_HEADER_LENGTH } from '../layout/journal-file.js';
import { INDEX_INTERVAL } from '../layout/journal-index.js';
import { RECORD_TIMESTAMP_OFFSET } from '../layout/record.js';
import { allocate } from '../os/new-file.js';
import { openWithoutLinks, readAt } from '../os/open-file.js';
import { storesInPlace } from '../os/stores-in-place.js';
import { withSystemErrors } from '../os/system-error.js';
import { damagedJournal, foreignFile } from './corrupt-journal.js';
import { wipeRecord } from './file-end.js';
import { encodeIndexEntry, type IndexEntry, readIndex, writeIndex } from './file-index.js';
import { decodeJournalHeader, isBlankHeader } from './file-start.js';
import { type JournalEntry, journalEntries, removeJournalFile } from './journal-directory.js';
import { FAULT, type Found, JournalWalker, LANE_TABLE, MESSAGE, SEALED } from './journal-walker.js';
import type { KnownSegments } from './known-segments.js';
import { LaneSequences } from './lane-sequences.js';
import { hasLostHeader } from './lost-files.js';
import { MappedFile } from './mapped-file.js';
import { surveyTail } from './tail-survey.js';
import type { WriterLock } from './writer-lock.js';

/** Where the records of a journal end, in its last file, which is open to be written to. */
interface JournalTail {
  readonly file: MappedFile;
  /** Byte offset behind the last whole record; `file.dataEnd` when the file is full. */
  readonly offset: number;
  /** What comes next in each lane of each segment, first of the file's own. */
  readonly segments: KnownSegments;
  readonly newestTimeNs: bigint;
  /** Entries of the file's index, all good. */
  readonly indexCount: number;
}

/** What was repaired when a journal was opened. */
export interface JournalRepair {
  /** The records end here: bytes. */
  readonly position: number;
  /** Bytes that held no whole record, or were missing. */
  readonly discardedLength: number;
}

export interface Recovery {
  /** Undefined when the journal has no record. */
  readonly tail: JournalTail | undefined;
  /** Where the next file begins: bytes. */
  readonly nextPosition: number;
  readonly repair: JournalRepair | null;
}

/**
 * Finds the end of a journal and repairs a torn tail: bytes without a whole record become zeros again, and a last file
 * without any whole record is removed. Reads the last file from its last index entry on. The writer's lock is moved to a file
 * before that file is looked at. @throws HermesError ERR_HERMES_CORRUPT_JOURNAL for damage with whole records behind it, unless that is
 * skipped; _NO_SPACE, _BUSY
 */
export function recoverJournal(directory: string, skipsDamage: boolean, lock: WriterLock): Recovery {
  let nextPosition = 0;
  let repair: JournalRepair | null = null;
  for (;;) {
    const entry = journalEntries(directory).at(-1);
    if (entry === undefined) return { tail: undefined, nextPosition, repair };
    if (!lock.takeFile(entry.path) || journalEntries(directory).at(-1)?.path !== entry.path) continue; // it is not the last one any more
    const ended = openTail(entry, skipsDamage);
    if (ended !== undefined) {
      const position = ended.tail.file.positionAt(ended.tail.offset);
      if (ended.discardedLength > 0) repair = { position, discardedLength: ended.discardedLength };
      return { tail: ended.tail, nextPosition: ended.tail.file.endPosition, repair };
    }
    repair = { position: entry.firstPosition, discardedLength: fs.statSync(entry.path).size };
    if (hasLostHeader(entry.path)) setAside(entry.path, skipsDamage);
    else removeJournalFile(entry.path);
    nextPosition = entry.firstPosition;
  }
}

/** A file that has lost its header may hold records: it is kept, under another name. */
function setAside(file: string, skipsDamage: boolean): void {
  if (!skipsDamage) throw foreignFile(file, 'its header is blank, though something is behind it');
  withSystemErrors('rename', file, () => fs.renameSync(file, `${file}.damaged`));
}

/** Undefined for a file without any whole record, not even the lane table. */
function openTail(
  entry: JournalEntry,
  skipsDamage: boolean,
): { tail: JournalTail; discardedLength: number } | undefined {
  const missingLength = restoreLength(entry);
  if (missingLength === undefined) return undefined;
  const file = MappedFile.open(entry, 'read-write');
  if (file === undefined) return undefined;
  try {
    const ended = walkToEnd(file, skipsDamage);
    if (ended === undefined) file.close();
    return ended && { ...ended, discardedLength: ended.discardedLength + missingLength };
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * Gives a file that was cut its length again, and a file that was copied with holes its blocks: a store to a hole on a full file
 * system would kill the process. Returns how many bytes were missing; undefined if the header is not there.
 */
function restoreLength({ path, firstPosition }: JournalEntry): number | undefined {
  const fd = openWithoutLinks(path, fs.constants.O_RDWR);
  try {
    const header = readAt(fd, path, JOURNAL_HEADER_LENGTH, 0);
    if (isBlankHeader(header)) return undefined;
    const { size } = fs.fstatSync(fd);
    const wholeLength = JOURNAL_DATA_OFFSET + decodeJournalHeader(header, path, firstPosition).capacity;
    if (storesInPlace(fd)) allocate(fd, wholeLength, path);
    else if (size < wholeLength) fs.ftruncateSync(fd, wholeLength); // a write finds out whether there is room
    return Math.max(0, wholeLength - size);
  } finally {
    fs.closeSync(fd);
  }
}

function walkToEnd(file: MappedFile, skipsDamage: boolean): { tail: JournalTail; discardedLength: number } | undefined {
  const walk = new IndexedWalk(file);
  const { walker } = walk;
  for (let found = walk.next(); found !== SEALED; found = walk.next()) {
    if (found === MESSAGE || found === LANE_TABLE) continue;
    const { nextRecordOffset, usedEnd } = surveyTail(file, walker.offset, walker.sequences);
    if (nextRecordOffset === -1) {
      if (walker.offset === JOURNAL_DATA_OFFSET) return undefined;
      wipeRecord(file, walker.offset, usedEnd);
      return { tail: walk.end(), discardedLength: usedEnd - walker.offset };
    }
    const damage = file.damageBetween(walker.offset, nextRecordOffset, walker.fault());
    if (!skipsDamage) throw damagedJournal(damage);
    walker.skipTo(nextRecordOffset);
  }
  return { tail: walk.end(), discardedLength: 0 };
}

/** Walks a file from the last place in its index that can be believed, and completes the index on the way. */
class IndexedWalk {
  readonly walker: JournalWalker;
  private newestTimeNs = 0n;
  private nextIndexOffset: number;
  /** The entries of the index: those that were good, and those that were missing. */
  private readonly entries: Buffer[] = [];
  private isComplete = true;

  constructor(private readonly file: MappedFile) {
    this.walker = new JournalWalker(file);
    this.nextIndexOffset = Number.POSITIVE_INFINITY; // until the tables are passed
    const isWhole = this.walker.readTables() !== FAULT; // otherwise the walk has to find what is broken
    const entries = isWhole ? readIndex(file.path, file.header) : [];
    this.begin(entries.slice(0, this.countGood(entries)));
  }

  next(): Found {
    const { walker, file } = this;
    const at = walker.offset;
    const before = at >= this.nextIndexOffset ? walker.sequences.copy() : undefined;
    const found = walker.next();
    if (found !== MESSAGE && found !== LANE_TABLE) return found;
    if (found === LANE_TABLE)
      this.nextIndexOffset = walker.offset; // the first message has an entry of its own
    else if (before !== undefined) {
      this.entries.push(encodeIndexEntry(file.header, file.positionAt(at), this.newestTimeNs, before));
      this.nextIndexOffset = at + INDEX_INTERVAL;
      this.isComplete = false;
    }
    const timeNs = file.memory.times[(at + RECORD_TIMESTAMP_OFFSET) / 8]!;
    if (timeNs > this.newestTimeNs) this.newestTimeNs = timeNs;
    return found;
  }

  end(): JournalTail {
    if (!this.isComplete) writeIndex(this.file.path, this.entries);
    const { offset, segments } = this.walker;
    const indexCount = this.entries.length;
    return { file: this.file, offset, segments, newestTimeNs: this.newestTimeNs, indexCount };
  }

  /** An entry counts if a whole record follows it: then all before it was written, and the kernel of this boot has it. */
  private countGood(entries: readonly IndexEntry[]): number {
    return (
      entries.findLastIndex(({ position, sequences, isOfThisBoot }) => {
        this.walker.moveTo(this.file.offsetAt(position), sequences);
        const found = this.walker.next();
        return isOfThisBoot && (found === MESSAGE || found === SEALED);
      }) + 1
    );
  }

  private begin(entries: readonly IndexEntry[]): void {
    const last = entries.at(-1);
    if (last === undefined) {
      this.walker.moveTo(JOURNAL_DATA_OFFSET, new LaneSequences(this.file.header.laneCount));
      return;
    }
    const offset = this.file.offsetAt(last.position);
    this.walker.moveTo(offset, last.sequences);
    this.newestTimeNs = last.newestTimeNs;
    this.nextIndexOffset = offset + INDEX_INTERVAL;
    for (const { position, newestTimeNs, sequences } of entries) {
      this.entries.push(encodeIndexEntry(this.file.header, position, newestTimeNs, sequences));
    }
  }
}
