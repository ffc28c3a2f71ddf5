import fs from 'node:fs';
import path from 'node:path';
import { JOURNAL_PIN_LOCK_OFFSET } from '../layout/journal-locks.js';
import { ByteLocks } from '../os/byte-locks.js';
import { existingEntries, type JournalEntry } from './journal-directory.js';
import { JournalFile } from './journal-file.js';
import { walkToPlace } from './journal-seek.js';
import { type JournalStart, readJournalStart } from './journal-start.js';
import { WriterProbe } from './writer-lock.js';

/** A journal as it is at one moment. */
export interface JournalInspection {
  readonly directory: string;
  readonly journalId: string;
  /** Where its oldest file begins, and behind its last whole record: bytes. */
  readonly firstPosition: number;
  readonly position: number;
  /** Bytes that its files take, without their indexes. */
  readonly allocatedLength: number;
  readonly files: readonly JournalFileInspection[];
  /** Of the segment that was recorded last: the lanes of which there are messages, with the sequence that comes next. */
  readonly lanes: readonly { readonly lane: number; readonly nextSequence: number }[];
  /** The process that writes to it now. */
  readonly writer: { readonly pid: number | null } | null;
}

export interface JournalFileInspection {
  readonly name: string;
  readonly firstPosition: number;
  /** The position behind the file. */
  readonly endPosition: number;
  /** Bytes. */
  readonly fileLength: number;
  readonly segmentId: string;
  /** Nanoseconds since the Unix epoch. */
  readonly createdAtNs: bigint;
  /** The newest time of a message in the files before: nanoseconds since the Unix epoch; null when that cannot be read. */
  readonly newestTimeBeforeNs: bigint | null;
  /** A writer or a reader has it open: it is not pruned. */
  readonly isPinned: boolean;
}

/** Looks at a journal; reads its last file from the last index entry on. @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL */
export function inspectJournal(directory: string): JournalInspection {
  const entries = existingEntries(directory);
  const files = entries.flatMap((entry) => inspectFile(entry) ?? []);
  const probe = new WriterProbe(directory);
  try {
    return {
      directory: path.resolve(directory),
      firstPosition: entries[0].firstPosition,
      allocatedLength: files.reduce((sum, { fileLength }) => sum + fileLength, 0),
      files,
      writer: probe.status,
      ...findEnd(entries),
    };
  } finally {
    probe.close();
  }
}

function inspectFile(entry: JournalEntry): JournalFileInspection | undefined {
  const start: JournalStart | undefined = readJournalStart(entry);
  if (start === undefined) return undefined;
  const { header, table } = start;
  return {
    name: path.basename(entry.path),
    firstPosition: entry.firstPosition,
    endPosition: entry.firstPosition + header.capacity,
    fileLength: fs.statSync(entry.path).size,
    segmentId: header.segmentId.toString('hex'),
    createdAtNs: header.createdAtNs,
    newestTimeBeforeNs: table?.newestTimeNs ?? null,
    isPinned: isPinned(entry.path),
  };
}

function isPinned(file: string): boolean {
  const locks = ByteLocks.openReadOnly(file);
  try {
    return locks.isLockedByOther(JOURNAL_PIN_LOCK_OFFSET);
  } finally {
    locks.close();
  }
}

/** Behind the last whole record of the last file that has any. */
function findEnd(entries: readonly JournalEntry[]): Pick<JournalInspection, 'journalId' | 'position' | 'lanes'> {
  for (const entry of entries.toReversed()) {
    const file = JournalFile.open(entry, 'read-only');
    if (file === undefined) continue;
    try {
      const { offset, sequences } = walkToPlace(file, { position: Number.POSITIVE_INFINITY });
      const all = Array.from({ length: sequences.laneCount }, (_, lane) => ({ lane, next: sequences.next(lane) }));
      return {
        journalId: file.header.journalId.toString('hex'),
        position: file.positionAt(offset),
        lanes: all.flatMap(({ lane, next }) => (next === undefined ? [] : [{ lane, nextSequence: next }])),
      };
    } finally {
      file.close();
    }
  }
  return { journalId: '', position: entries[0]!.firstPosition, lanes: [] };
}
