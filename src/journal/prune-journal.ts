import fs from 'node:fs';
import { checkAmount, checkFlags, checkKnown, type OptionNames } from '../checks.js';
import { wallMs } from '../clock.js';
import { HermesError } from '../errors.js';
import { JOURNAL_HEADER_LENGTH } from '../layout/journal-file.js';
import { JOURNAL_PIN_LOCK_OFFSET } from '../layout/journal-locks.js';
import { sinceBootMs } from '../os/boot.js';
import { ByteLocks } from '../os/byte-locks.js';
import { withSystemErrors } from '../os/system-error.js';
import { readIndex } from './file-index.js';
import { decodeJournalHeader } from './file-start.js';
import { type JournalFileLook, locksIfThere, lookAtFiles } from './inspect-journal.js';
import { type FileWitnesses, provenOld } from './journal-age.js';
import { existingEntries, removeJournalFile, resolveJournalDirectory } from './journal-directory.js';

/** What is to stay of a journal: a file goes when it is beyond either bound. */
export interface RetentionOptions {
  /** The newest files that take so many bytes together stay. */
  readonly keepBytes?: number | undefined;
  /** Files that were still written to so many milliseconds ago stay. */
  readonly keepAgeMs?: number | undefined;
  /** Removes nothing, and tells what would be. Default false. */
  readonly dryRun?: boolean | undefined;
}

const RETENTION_OPTIONS: OptionNames<RetentionOptions> = { keepBytes: true, keepAgeMs: true, dryRun: true };

/** What was removed of a journal, and what stays all the same. */
export interface PruneReport {
  /** Names of the files that were removed, or would be. */
  readonly removed: readonly string[];
  /** Bytes that they took. */
  readonly removedLength: number;
  /** The oldest file that was to go and is open somewhere; it and all after it stay. */
  readonly pinned: string | null;
  /** The oldest file that stays though a clock says that it is old, because something else says that it is not. */
  readonly doubtful: { readonly name: string; readonly reason: string } | null;
  /** Names of files that cannot be used: they stay, for nobody knows what they are. */
  readonly unusable: readonly string[];
}

/**
 * Removes a journal's oldest files, never its last one, and never one that a reader or a writer has open. A file is old when
 * nothing that tells of its age says otherwise: no clock is believed alone.
 * @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _INVALID_OPTION, _PERMISSION, _CORRUPT_JOURNAL (a foreign file), _REMOVED
 */
export function pruneJournal(directory: string, options: RetentionOptions): PruneReport {
  checkKnown('pruneJournal', options, RETENTION_OPTIONS);
  const { keepBytes = Number.POSITIVE_INFINITY, keepAgeMs = Number.POSITIVE_INFINITY, dryRun = false } = options;
  checkAmount('keepBytes', keepBytes, 'bytes', 0);
  checkAmount('keepAgeMs', keepAgeMs, 'milliseconds', 0);
  checkFlags(options, 'dryRun');
  const { looks, unusable: faulty } = lookAtFiles(existingEntries(resolveJournalDirectory(directory)));
  const unusable = faulty.map(({ name }) => name);
  const present = { nowMs: wallMs(), sinceBootMs: sinceBootMs() };
  const { count, doubt } = provenOld(looks.map(witnessesOf), keepAgeMs, present);
  const gone = looks.slice(0, Math.max(count, countBeyond(looks, keepBytes)));
  const doubtful =
    doubt === null || gone.length > count ? null : { name: looks[count]!.inspection.name, reason: doubt };
  const removed: string[] = [];
  let removedLength = 0;
  for (const look of gone) {
    const { name, fileLength, isPinned } = look.inspection;
    const isGone = dryRun ? !isPinned : removeUnlessPinned(look);
    if (!isGone) return { removed, removedLength, pinned: name, doubtful, unusable };
    removed.push(name);
    removedLength += fileLength;
  }
  return { removed, removedLength, pinned: null, doubtful, unusable };
}

function witnessesOf({ entry, header, inspection, modifiedAtMs }: JournalFileLook): FileWitnesses {
  const { name, createdAtNs, newestTimeBeforeNs } = inspection;
  return {
    name,
    createdAtMs: milliseconds(createdAtNs),
    newestTimeBeforeMs: newestTimeBeforeNs === null ? null : milliseconds(newestTimeBeforeNs),
    modifiedAtMs,
    isOfThisBoot: () => readIndex(entry.path, header)[0]?.isOfThisBoot === true,
  };
}

/** How many of the oldest files are beyond the size. The last file is never one of them. */
function countBeyond(looks: readonly JournalFileLook[], keepBytes: number): number {
  let keptLength = looks.reduce((sum, { inspection }) => sum + inspection.fileLength, 0);
  let count = 0;
  for (; count < looks.length - 1 && keptLength > keepBytes; count++) keptLength -= looks[count]!.inspection.fileLength;
  return count;
}

/** Whoever opens a file pins it and then looks whether its name still leads to it: so the lock is held until that does not. */
function removeUnlessPinned({ entry, header }: JournalFileLook): boolean {
  const { path: file, firstPosition } = entry;
  const locks = locksIfThere(file, ByteLocks.open);
  if (locks === undefined) return true; // somebody else was faster
  try {
    if (!locks.tryLock(JOURNAL_PIN_LOCK_OFFSET)) return false;
    const named = withSystemErrors('look at', file, () => fs.statSync(file, { bigint: true, throwIfNoEntry: false }));
    if (named === undefined) return true;
    const present = decodeJournalHeader(locks.read(0, JOURNAL_HEADER_LENGTH), file, firstPosition);
    const isSame = present.journalId.equals(header.journalId) && present.createdAtNs === header.createdAtNs;
    if (!isSame || !locks.isOf(named)) throw replacedMeanwhile(file);
    removeJournalFile(file);
    return true;
  } finally {
    locks.close();
  }
}

function replacedMeanwhile(file: string): HermesError {
  return new HermesError(
    'ERR_HERMES_REMOVED',
    `${file} was replaced while the journal was pruned, and is kept: prune it again if that is still what you want`,
  );
}

/** Of nanoseconds, in decimal. */
function milliseconds(ns: string): number {
  return Number(BigInt(ns) / 1_000_000n);
}
