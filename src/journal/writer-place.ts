import path from 'node:path';
import { journalFileName } from '../layout/journal-file.js';
import { lostPlace } from './corrupt-journal.js';
import { type JournalEntry, journalEntries, removeJournalFile, resolveJournalDirectory } from './journal-directory.js';
import type { JournalHeader } from './journal-header.js';
import { JournalHome } from './journal-home.js';
import { type Recovery, recoverJournal } from './journal-recovery.js';
import { MappedFile } from './mapped-file.js';
import { createJournalFile, type JournalTables } from './new-journal-file.js';
import { WriterLock } from './writer-lock.js';

/**
 * What the one writer of a journal holds, and knows by more than its name: the directory, the locks, and the last file. The steps
 * are those of `test/models/owner.pml`.
 */
export class WriterPlace {
  private constructor(
    readonly home: JournalHome,
    private readonly lock: WriterLock,
    private last: MappedFile | undefined,
  ) {}

  /** Takes the place, and mends the journal's end. @throws HermesError ERR_HERMES_BUSY, and what mending throws */
  static take(directory: string, skipsDamage: boolean): { place: WriterPlace; recovery: Recovery } {
    const home = JournalHome.open(resolveJournalDirectory(directory));
    let lock: WriterLock | undefined;
    try {
      lock = WriterLock.take(home.path);
      const recovery = recoverJournal(home.path, skipsDamage, lock);
      lock.sign();
      return { place: new WriterPlace(home, lock, recovery.tail?.file), recovery };
    } catch (error) {
      lock?.release();
      home.close();
      throw error;
    }
  }

  /** The last file, which is written to. There is one once `begin` was called, or when the journal was not empty. */
  get file(): MappedFile {
    return this.last!;
  }

  /**
   * That what is appended is where the names lead: the file by which readers find it, whole. One system call.
   * @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL (it was cut)
   */
  checkFile(): void {
    this.last?.checkInPlace();
  }

  /** The same, and the directory, and that the lock is of that file. Three system calls. */
  check(): void {
    this.home.check();
    this.checkFile();
    if (this.last !== undefined && !this.lock.isInPlace) throw lostPlace(this.last.path);
  }

  /**
   * Makes the next file, and opens it in the place of the last one, which `end` is to end just before. Who loses its place
   * meanwhile leaves none. @returns the byte offset of the first message
   * @throws HermesError ERR_HERMES_NO_SPACE, _JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL: the last one stays
   */
  begin(header: JournalHeader, tables: JournalTables, mode: number, end: () => void): number {
    const { lock, last } = this;
    const { firstPosition, journalId } = header;
    const entry = { path: path.join(this.home.path, journalFileName(firstPosition)), firstPosition };
    this.check();
    try {
      const offset = createJournalFile(entry.path, header, tables, mode, (fd) => {
        lock.takeNext(fd, entry.path);
        end();
      });
      this.home.check();
      if (!lock.isNextInPlace || !isFollowedBy(last, entry)) throw lostPlace(last?.path ?? entry.path);
      const opened = MappedFile.open(entry, 'read-write', last, journalId);
      if (opened === undefined) throw lostPlace(entry.path);
      this.last = opened;
      lock.goOn();
      return offset;
    } catch (error) {
      if (lock.isNextInPlace) removeJournalFile(entry.path);
      lock.giveUpNext();
      throw error;
    }
  }

  /** Lets go of everything. */
  close(): void {
    this.last?.close();
    this.lock.release();
    this.home.close();
  }
}

/** That a new file has become the last one: the one before it is in its place, or there are none. */
function isFollowedBy(last: MappedFile | undefined, entry: JournalEntry): boolean {
  if (last !== undefined) return last.isInPlace;
  return journalEntries(path.dirname(entry.path)).at(-1)?.path === entry.path;
}
