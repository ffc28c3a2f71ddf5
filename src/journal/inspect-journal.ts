import path from 'node:path';
import { HermesError, type HermesErrorCode } from '../errors.js';
import { JOURNAL_PIN_LOCK_OFFSET } from '../layout/journal-locks.js';
import { ByteLocks } from '../os/byte-locks.js';
import { unlessMissing } from '../os/system-error.js';
import { checkJournalId } from './corrupt-journal.js';
import { type JournalHeader, type JournalStart, readJournalStart } from './file-start.js';
import { existingEntries, type JournalEntry, resolveJournalDirectory } from './journal-directory.js';
import { walkToPlace } from './journal-seek.js';
import { cutFault, lostHeaderFault } from './lost-files.js';
import { MappedFile } from './mapped-file.js';
import { type JournalWriterStatus, writerOf } from './writer-lock.js';

/** A journal at one moment, in values that JSON has. */
export interface JournalInspection {
  readonly directory: string;
  readonly journalId: string;
  /** Where its oldest file begins, and where its last whole record ends: bytes. */
  readonly firstPosition: number;
  readonly position: number;
  /** Bytes that its files take, without their indexes. */
  readonly allocatedLength: number;
  readonly files: readonly JournalFileInspection[];
  /** Files that lack something, as far as an inspection sees it. */
  readonly faults: readonly JournalFileFault[];
  /** Files that cannot be used: damaged, of another journal, or not readable by this user. */
  readonly unusable: readonly UnusableFile[];
  /** The segment that was recorded last: hexadecimal. */
  readonly segmentId: string;
  /** The lanes of that segment that have messages, with the sequence that comes next. */
  readonly lanes: readonly { readonly lane: number; readonly nextSequence: number }[];
  /** The process that writes to it now. */
  readonly writer: JournalWriterStatus | null;
}

export interface JournalFileFault {
  readonly name: string;
  /** In words for people. */
  readonly fault: string;
}

/** A file that has the name of a journal's file, and why it cannot be used. */
export interface UnusableFile {
  readonly name: string;
  readonly code: HermesErrorCode;
  readonly message: string;
}

export interface JournalFileInspection {
  readonly name: string;
  readonly firstPosition: number;
  /** The position behind the file. */
  readonly endPosition: number;
  /** Bytes. */
  readonly fileLength: number;
  readonly segmentId: string;
  /** Nanoseconds since the Unix epoch, in decimal. */
  readonly createdAtNs: string;
  /** The newest time of a message in the files before: nanoseconds since the Unix epoch, in decimal; null when that cannot be read. */
  readonly newestTimeBeforeNs: string | null;
  /** A writer or a reader has it open: it is not pruned. */
  readonly isPinned: boolean;
}

/** A file of a journal, with what only this library uses. */
export interface JournalFileLook {
  readonly entry: JournalEntry;
  readonly header: JournalHeader;
  readonly inspection: JournalFileInspection;
  /** Milliseconds since the Unix epoch. */
  readonly modifiedAtMs: number;
}

/** Errors of one file. The others are looked at all the same. */
const OF_ONE_FILE: readonly HermesErrorCode[] = [
  'ERR_HERMES_CORRUPT_JOURNAL',
  'ERR_HERMES_INCOMPATIBLE_LAYOUT',
  'ERR_HERMES_PERMISSION',
];

/**
 * Looks at a journal; reads its last file from the last index entry on.
 * @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND; if no file can be used, the error of the first one
 */
export function inspectJournal(directory: string): JournalInspection {
  const resolved = resolveJournalDirectory(directory);
  const entries = existingEntries(resolved);
  const { looks, unusable } = lookAtFiles(entries);
  const files = looks.map(({ inspection }) => inspection);
  return {
    directory: resolved,
    firstPosition: entries[0].firstPosition,
    allocatedLength: files.reduce((sum, { fileLength }) => sum + fileLength, 0),
    files,
    faults: entries.flatMap((entry) => (isIn(unusable, entry) ? [] : (faultOf(entry, looks) ?? []))),
    unusable,
    writer: writerOf(resolved, entries.at(-1)!.path),
    ...findEnd(looks, entries[0].firstPosition),
  };
}

/** The files with a header, all of the same journal as the first, and the files that cannot be used. @throws HermesError if none can be used */
export function lookAtFiles(entries: readonly JournalEntry[]): {
  readonly looks: readonly JournalFileLook[];
  readonly unusable: readonly UnusableFile[];
} {
  const looks: JournalFileLook[] = [];
  const errors: { readonly name: string; readonly error: HermesError }[] = [];
  for (const entry of entries) {
    const look = unlessUnusable(
      () => lookAtFile(entry, looks[0]?.header.journalId),
      (error) => errors.push({ name: path.basename(entry.path), error }),
    );
    if (look !== undefined) looks.push(look);
  }
  if (looks.length === 0 && errors[0] !== undefined) throw errors[0].error;
  return { looks, unusable: errors.map(({ name, error: { code, message } }) => ({ name, code, message })) };
}

/** What `look` returns; undefined for a file that cannot be used: `note` gets its error. */
function unlessUnusable<T>(look: () => T, note: (error: HermesError) => void = () => {}): T | undefined {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof HermesError) || !OF_ONE_FILE.includes(error.code)) throw error;
    note(error);
    return undefined;
  }
}

/** Undefined for a file that has no header or is gone. @throws HermesError ERR_HERMES_CORRUPT_JOURNAL for one of another journal */
function lookAtFile(entry: JournalEntry, journalId: Buffer | undefined): JournalFileLook | undefined {
  const start: JournalStart | undefined = readJournalStart(entry);
  if (start !== undefined && journalId !== undefined) checkJournalId(entry.path, start.header, journalId);
  const locks = start && unlessMissing(() => ByteLocks.openReadOnly(entry.path));
  if (start === undefined || locks === undefined) return undefined; // it was pruned meanwhile
  try {
    const { header, table } = start;
    const { size, mtimeMs } = locks.stat();
    const inspection: JournalFileInspection = {
      name: path.basename(entry.path),
      firstPosition: entry.firstPosition,
      endPosition: entry.firstPosition + header.capacity,
      fileLength: size,
      segmentId: header.segmentId.toString('hex'),
      createdAtNs: `${header.createdAtNs}`,
      newestTimeBeforeNs: table?.newestTimeNs.toString() ?? null,
      isPinned: locks.isLockedByOther(JOURNAL_PIN_LOCK_OFFSET),
    };
    return { entry, header, inspection, modifiedAtMs: mtimeMs };
  } finally {
    locks.close();
  }
}

function isIn(files: readonly UnusableFile[], entry: JournalEntry): boolean {
  return files.some(({ name }) => name === path.basename(entry.path));
}

function faultOf({ path: file }: JournalEntry, looks: readonly JournalFileLook[]): JournalFileFault | undefined {
  const look = looks.find(({ entry }) => entry.path === file);
  const fault = look === undefined ? lostHeaderFault(file) : cutFault(look.inspection.fileLength, look.header.capacity);
  return fault === undefined ? undefined : { name: path.basename(file), fault };
}

/** The end of the last whole record, in the last file that has one. */
function findEnd(
  looks: readonly JournalFileLook[],
  firstPosition: number,
): Pick<JournalInspection, 'journalId' | 'segmentId' | 'position' | 'lanes'> {
  for (const { entry, header } of looks.toReversed()) {
    const file = unlessUnusable(() => MappedFile.open(entry, 'read-only', undefined, header.journalId));
    if (file === undefined) continue;
    try {
      const { offset, sequences } = walkToPlace(file, { position: Number.POSITIVE_INFINITY });
      const all = Array.from({ length: sequences.laneCount }, (_, lane) => ({ lane, next: sequences.next(lane) }));
      return {
        journalId: file.header.journalId.toString('hex'),
        segmentId: file.header.segmentId.toString('hex'),
        position: file.positionAt(offset),
        lanes: all.flatMap(({ lane, next }) => (next === undefined ? [] : [{ lane, nextSequence: next }])),
      };
    } finally {
      file.close();
    }
  }
  return { journalId: '', segmentId: '', position: firstPosition, lanes: [] };
}
