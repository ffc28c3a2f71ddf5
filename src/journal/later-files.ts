import fs from 'node:fs';
import { monotonicMs } from '../clock.js';
import { withSystemErrors } from '../os/system-error.js';
import { entryAt, type JournalEntry, journalEntries } from './journal-directory.js';
import type { MappedFile } from './mapped-file.js';

/** Milliseconds between two listings while nothing happens to the next file. */
const LIST_INTERVAL_MS = 5000;

/**
 * The files behind one: a follower asks at every look, so that the directory is listed every five seconds, or when something
 * has happened to the file that comes next. Otherwise a question is one system call, however many files there are.
 */
export class LaterFiles {
  private entries: readonly JournalEntry[] = [];
  private asked = '';
  private listedAtMs = 0;

  constructor(private readonly directory: string) {}

  /** The same array as long as it was not listed again. @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _PERMISSION, _SYSTEM */
  of(file: MappedFile): readonly JournalEntry[] {
    const asked = `${file.path} ${this.stateOf(file.endPosition)}`;
    if (asked === this.asked && monotonicMs() - this.listedAtMs < LIST_INTERVAL_MS) return this.entries;
    const { firstPosition } = file.header;
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
