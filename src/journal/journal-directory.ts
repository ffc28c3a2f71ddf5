import fs from 'node:fs';
import path from 'node:path';
import { checkPath } from '../checks.js';
import { monotonicMs } from '../clock.js';
import { HermesError } from '../errors.js';
import { journalFileName, positionOfName } from '../layout/journal-file.js';
import { indexFileName } from '../layout/journal-index.js';
import { systemError, withSystemErrors } from '../os/system-error.js';

/** A file of a journal, by its name alone. */
export interface JournalEntry {
  readonly path: string;
  /** Bytes. */
  readonly firstPosition: number;
}

/**
 * The absolute path of a journal's directory: it is resolved once, so that it stays the same when the process changes its working directory.
 * @throws HermesError ERR_HERMES_INVALID_OPTION
 */
export function resolveJournalDirectory(directory: string): string {
  checkPath("the journal's directory", directory);
  try {
    return path.resolve(directory);
  } catch (error) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `The journal directory is ${directory}, and the working directory is gone: give an absolute path`,
      { cause: error },
    );
  }
}

/** The name of the file that begins at a position, whether that file exists or not. */
export function entryAt(directory: string, firstPosition: number): JournalEntry {
  return { path: path.join(directory, journalFileName(firstPosition)), firstPosition };
}

/** The files of a journal, in the order of their positions. Other files are not looked at. @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND */
export function journalEntries(directory: string): JournalEntry[] {
  const stat = withSystemErrors('look at', directory, () => fs.statSync(directory, { throwIfNoEntry: false }));
  if (stat === undefined) throw journalNotFound(directory);
  if (!stat.isDirectory()) throw noDirectory(directory);
  const names = withSystemErrors('list', directory, () => fs.readdirSync(directory));
  const entries = names.flatMap((name) => {
    const firstPosition = positionOfName(name);
    return firstPosition === undefined ? [] : [{ path: path.join(directory, name), firstPosition }];
  });
  return entries.sort((a, b) => a.firstPosition - b.firstPosition);
}

/** The same, for a journal that must have files. @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND */
export function existingEntries(directory: string): [JournalEntry, ...JournalEntry[]] {
  const [first, ...rest] = journalEntries(directory);
  if (first === undefined) throw journalNotFound(directory);
  return [first, ...rest];
}

/** Milliseconds between two listings while the next file does not change. */
const LIST_INTERVAL_MS = 5000;

/**
 * The files behind another one. A follower asks for them at every look, so the directory is listed only every five seconds, or when
 * the file that comes next has changed. Otherwise a question is one system call, however many files there are.
 */
export class LaterFiles {
  private entries: readonly JournalEntry[] = [];
  private asked = '';
  private listedAtMs = 0;

  constructor(private readonly directory: string) {}

  /** `endPosition`: where the file ends. The same array until the directory is listed again. @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _PERMISSION, _SYSTEM */
  of({ path, firstPosition }: JournalEntry, endPosition: number): readonly JournalEntry[] {
    const asked = `${path} ${this.stateOf(endPosition)}`;
    if (asked === this.asked && monotonicMs() - this.listedAtMs < LIST_INTERVAL_MS) return this.entries;
    this.entries = journalEntries(this.directory).filter((entry) => entry.firstPosition > firstPosition);
    this.asked = asked;
    this.listedAtMs = monotonicMs();
    return this.entries;
  }

  private stateOf(firstPosition: number): string {
    const { path } = entryAt(this.directory, firstPosition);
    const stat = withSystemErrors('look at', path, () => fs.statSync(path, { bigint: true, throwIfNoEntry: false }));
    return stat === undefined ? 'missing' : `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}`;
  }
}

/** Makes the directory (0700) if it is missing. @throws HermesError */
export function ensureJournalDirectory(directory: string): void {
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
    if (code === 'EEXIST') throw noDirectory(directory);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw systemError('make', directory, code, error);
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `There is no directory ${path.dirname(directory)} to make ${directory} in: make it first, or choose another`,
    );
  }
}

/** Removes a file of a journal and its index; both may be gone already. */
export function removeJournalFile(file: string): void {
  withSystemErrors('remove', file, () => {
    fs.rmSync(indexFileName(file), { force: true });
    fs.rmSync(file, { force: true });
  });
}

function noDirectory(directory: string): HermesError {
  return new HermesError('ERR_HERMES_INVALID_OPTION', `${directory} is no directory: give the directory of a journal`);
}

export function journalNotFound(directory: string): HermesError {
  return new HermesError(
    'ERR_HERMES_JOURNAL_NOT_FOUND',
    `There is no journal in ${directory}: record one (hermes record <segment> --to ${directory}), or give the directory that it is in`,
  );
}
