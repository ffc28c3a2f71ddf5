import fs from 'node:fs';
import { checkAmount, checkFlags, checkKnown, type OptionNames } from '../checks.js';
import { wallMs } from '../clock.js';
import { HermesError } from '../errors.js';
import { JOURNAL_HEADER_LENGTH } from '../layout/journal-file.js';
import { JOURNAL_PIN_LOCK_OFFSET } from '../layout/journal-locks.js';
import { sinceBootMs } from '../os/boot.js';
import { ByteLocks } from '../os/byte-locks.js';
import { unlessMissing, withSystemErrors } from '../os/system-error.js';
import { readIndex } from './file-index.js';
import { decodeJournalHeader } from './file-start.js';
import { type JournalFileLook, lookAtFiles } from './inspect-journal.js';
import { existingEntries, removeJournalFile, resolveJournalDirectory } from './journal-directory.js';

/** How much of a journal stays: a file beyond either bound is removed. */
export interface RetentionOptions {
  /** The newest files stay, as many as take this many bytes together. */
  readonly keepBytes?: number | undefined;
  /** Files that were written to within this many milliseconds stay. */
  readonly keepAgeMs?: number | undefined;
  /** Removes nothing, and reports what would be removed. Default false. */
  readonly dryRun?: boolean | undefined;
}

const RETENTION_OPTIONS: OptionNames<RetentionOptions> = { keepBytes: true, keepAgeMs: true, dryRun: true };

/** What was removed of a journal, and what stays against the bounds. */
export interface PruneReport {
  /** Names of the files that were removed, or would be. */
  readonly removed: readonly string[];
  /** Bytes that they took. */
  readonly removedLength: number;
  /** The oldest file that should go and is open somewhere; it and all after it stay. */
  readonly pinned: string | null;
  /** The oldest file that stays although a clock says that it is old, because something else says that it is not. */
  readonly doubtful: { readonly name: string; readonly reason: string } | null;
  /** Names of files that cannot be used: they stay, as nobody knows what they are. */
  readonly unusable: readonly string[];
}

/**
 * Removes a journal's oldest files, never its last one, and never one that a reader or a writer has open. A file is old only if
 * all evidence of its age agrees: no clock is believed alone.
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

/** A process that opens a file pins it, then checks that its name still leads to it: so the lock is held until the name is gone. */
function removeUnlessPinned({ entry, header }: JournalFileLook): boolean {
  const { path: file, firstPosition } = entry;
  const locks = unlessMissing(() => ByteLocks.open(file));
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

/** From nanoseconds in decimal. */
function milliseconds(ns: string): number {
  return Number(BigInt(ns) / 1_000_000n);
}

/** The evidence of a file's age. Times are milliseconds since the Unix epoch, by clocks that may have been wrong. */
export interface FileWitnesses {
  readonly name: string;
  /** The writer's clock when it began the file. */
  readonly createdAtMs: number;
  /** The newest time of a message in the files before; null when there is none. */
  readonly newestTimeBeforeMs: number | null;
  /** The file system's clock when it was written to. */
  readonly modifiedAtMs: number;
  /** Its index says that it was begun since the machine was started. Reads the index. */
  isOfThisBoot(): boolean;
}

/** The present, by the clock that can be set and by the clock that cannot. */
export interface PresentTime {
  readonly nowMs: number;
  readonly sinceBootMs: number;
}

/** How many of the oldest files are old enough, and why the next one is kept though the clock at its end says that it is old. */
interface ProvenAge {
  readonly count: number;
  readonly doubt: string | null;
}

/** Nothing is older than Node 20.0: a clock that says so was not set yet. */
const EARLIEST_MS: number = Date.UTC(2023, 3, 18);

/**
 * The files of a journal that ended longer ago than `keepAgeMs`, whatever was done to the clocks. A file ended before any later
 * one was begun: so one later file that is old is enough, and one young witness of anything before that is too much.
 */
export function provenOld(files: readonly FileWitnesses[], keepAgeMs: number, present: PresentTime): ProvenAge {
  const last = Math.max(0, files.length - 1);
  if (keepAgeMs === 0) return { count: last, doubt: null };
  if (keepAgeMs === Number.POSITIVE_INFINITY) return { count: 0, doubt: null };
  const age = new Age(keepAgeMs, present);
  let count = 0;
  for (const [i, file] of files.entries()) {
    if (age.isYoung(file.createdAtMs) || age.isOfYoungBoot(file)) break;
    if (file.createdAtMs >= EARLIEST_MS && file.createdAtMs < age.boundMs) count = i;
  }
  const touched = files.findIndex((file, i) => age.isYoung(file.modifiedAtMs) || age.isYoung(newestTime(files, i)));
  if (touched !== -1 && touched < count) count = touched;
  return { count, doubt: count < last ? whyKept(files, count, age) : null };
}

class Age {
  /** What was before it is old. */
  readonly boundMs: number;

  constructor(
    private readonly keepAgeMs: number,
    private readonly present: PresentTime,
  ) {
    this.boundMs = present.nowMs - keepAgeMs;
  }

  isYoung(ms: number | null): boolean {
    return ms !== null && ms >= this.boundMs && ms <= this.present.nowMs;
  }

  isToCome(ms: number): boolean {
    return ms > this.present.nowMs;
  }

  /** Written since the machine was started, and that is less long ago than the age. */
  isOfYoungBoot(file: FileWitnesses): boolean {
    return this.present.sinceBootMs < this.keepAgeMs && file.isOfThisBoot();
  }
}

/** Why file `i` is kept; null if the clock itself says that it is young. */
function whyKept(files: readonly FileWitnesses[], i: number, age: Age): string | null {
  const { modifiedAtMs } = files[i]!;
  const endedAtMs = files[i + 1]!.createdAtMs;
  const newest = newestTime(files, i);
  const said = `the clock said ${timeText(endedAtMs)} at its end`;
  if (age.isYoung(endedAtMs)) return null;
  if (age.isYoung(modifiedAtMs)) return `${said}, but it was written to at ${timeText(modifiedAtMs)}`;
  if (age.isYoung(newest)) return `${said}, but it has a message of ${timeText(newest!)}`;
  if (age.isToCome(endedAtMs)) return `${said}, which is still to come`;
  if (endedAtMs < EARLIEST_MS) return `${said}, which cannot be`;
  const younger = files.slice(0, i + 1).find(({ createdAtMs }) => age.isYoung(createdAtMs));
  if (younger === undefined) return `${said}, but it was begun since the machine was started`;
  return `${said}, but ${younger.name} was begun at ${timeText(younger.createdAtMs)}`;
}

/** The newest time of a message in file `i`, or in one before it. */
function newestTime(files: readonly FileWitnesses[], i: number): number | null {
  return files[i + 1]?.newestTimeBeforeMs ?? null;
}

function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}
