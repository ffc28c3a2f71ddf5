import fs from 'node:fs';
import path from 'node:path';
import { HermesError } from '../errors.js';
import { JOURNAL_PIN_LOCK_OFFSET } from '../layout/journal-locks.js';
import { ByteLocks } from '../os/byte-locks.js';
import { inspectJournal, type JournalFileInspection } from './inspect-journal.js';
import { removeJournalFile } from './journal-directory.js';

/** What is to stay of a journal: a file goes when it is beyond either bound. */
export interface RetentionOptions {
  /** The newest files that take so many bytes together stay. */
  readonly keepBytes?: number | undefined;
  /** Files that were still written to so many milliseconds ago stay. */
  readonly keepAgeMs?: number | undefined;
  /** Removes nothing, and tells what would be. Default false. */
  readonly dryRun?: boolean | undefined;
}

export interface PruneReport {
  /** Names of the files that were removed, or would be. */
  readonly removed: readonly string[];
  /** Bytes that they took. */
  readonly removedLength: number;
  /** The oldest file that was to go and is open somewhere; it and all after it stay. */
  readonly pinned: string | null;
}

/**
 * Removes a journal's oldest files, never its last one, and never one that a reader or a writer has open.
 * @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _INVALID_OPTION, _PERMISSION
 */
export function pruneJournal(directory: string, options: RetentionOptions): PruneReport {
  const { keepBytes = Number.POSITIVE_INFINITY, keepAgeMs = Number.POSITIVE_INFINITY, dryRun = false } = options;
  check('keepBytes', keepBytes);
  check('keepAgeMs', keepAgeMs);
  const removed: string[] = [];
  let removedLength = 0;
  for (const { name, fileLength } of excess(inspectJournal(directory).files, keepBytes, keepAgeMs)) {
    if (!removeUnlessPinned(path.join(directory, name), dryRun)) return { removed, removedLength, pinned: name };
    removed.push(name);
    removedLength += fileLength;
  }
  return { removed, removedLength, pinned: null };
}

/** The files that go, oldest first. The last file is never one of them. */
function excess(
  files: readonly JournalFileInspection[],
  keepBytes: number,
  keepAgeMs: number,
): JournalFileInspection[] {
  const oldestMs = Date.now() - keepAgeMs;
  let keptLength = files.reduce((sum, { fileLength }) => sum + fileLength, 0);
  const gone: JournalFileInspection[] = [];
  for (const [i, file] of files.slice(0, -1).entries()) {
    const endedAtMs = Number(files[i + 1]!.createdAtNs / 1_000_000n);
    if (keptLength <= keepBytes && endedAtMs >= oldestMs) break;
    keptLength -= file.fileLength;
    gone.push(file);
  }
  return gone;
}

/** Whoever opens a file pins it and then looks whether its name still leads to it: so the lock is held until that does not. */
function removeUnlessPinned(file: string, dryRun: boolean): boolean {
  if (!fs.existsSync(file)) return true; // somebody else was faster
  const locks = ByteLocks.open(file);
  try {
    if (!locks.tryLock(JOURNAL_PIN_LOCK_OFFSET)) return false;
    if (!dryRun) removeJournalFile(file);
    return true;
  } finally {
    locks.close();
  }
}

function check(option: string, value: number): void {
  if (value >= 0) return;
  throw new HermesError('ERR_HERMES_INVALID_OPTION', `${option} is ${value}: give a number from 0`);
}
