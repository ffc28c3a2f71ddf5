import fs from 'node:fs';
import path from 'node:path';
import type { HermesError } from '../errors.js';
import { JOURNAL_DATA_OFFSET } from '../layout/journal-file.js';
import { indexFileName } from '../layout/journal-index.js';
import { Descriptor } from '../os/descriptor.js';
import { HeldName } from '../os/held-name.js';
import { allocate, newFile } from '../os/new-file.js';
import { isMissing, withSystemErrors } from '../os/system-error.js';
import { foreignFile, lostPlace, noRoom } from './corrupt-journal.js';
import { encodeJournalStart, type JournalHeader, type JournalTables } from './file-start.js';
import {
  ensureJournalDirectory,
  entryAt,
  type JournalEntry,
  journalEntries,
  removeJournalFile,
  resolveJournalDirectory,
} from './journal-directory.js';
import { type Recovery, recoverJournal } from './journal-recovery.js';
import { MappedFile } from './mapped-file.js';
import { checkNotWritten, WriterLock } from './writer-lock.js';

/**
 * What the one writer of a journal holds, by more than a name: the directory, the locks and the last file. The steps
 * are those of `test/models/owner.pml`.
 */
export class WriterPlace {
  private constructor(
    readonly home: JournalHome,
    private readonly lock: WriterLock,
    private last: MappedFile | undefined,
  ) {}

  /** Takes the place, and repairs the journal's end. @throws HermesError ERR_HERMES_BUSY, and what `recoverJournal` throws */
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

  /** The last file, which is written to. There is one after `begin`, or if the journal was not empty. */
  get file(): MappedFile {
    return this.last!;
  }

  /**
   * Checks that the file's name leads to it, so that readers find what is appended, and that it is whole. One system call.
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
   * Makes the next file, and opens it instead of the last one, which `end` ends just before. A writer that loses its place
   * meanwhile leaves no new file. @returns the byte offset of the first message
   * @throws HermesError ERR_HERMES_NO_SPACE, _JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL: the last one stays
   */
  begin(header: JournalHeader, tables: JournalTables, mode: number, end: () => void): number {
    const { lock, last } = this;
    const { firstPosition, journalId } = header;
    const entry = entryAt(this.home.path, firstPosition);
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

  /** Closes everything, and releases the locks. */
  close(): void {
    this.last?.close();
    this.lock.release();
    this.home.close();
  }
}

/** Whether a new file is the last one: the file before is in its place, or there was none. */
function isFollowedBy(last: MappedFile | undefined, entry: JournalEntry): boolean {
  if (last !== undefined) return last.isInPlace;
  return journalEntries(path.dirname(entry.path)).at(-1)?.path === entry.path;
}

/**
 * The directory of a journal that is being written, held open, to find out whether its path still leads to it: it may have been
 * removed, moved or mounted over, or a link on the path may have been changed.
 */
class JournalHome {
  private readonly name: HeldName;

  private constructor(
    /** Absolute. */
    readonly path: string,
    /** To check and to sync. */
    readonly descriptor: Descriptor,
  ) {
    this.name = new HeldName(path, descriptor.number);
  }

  /** Makes the directory if it is missing. @throws HermesError */
  static open(path: string): JournalHome {
    ensureJournalDirectory(path);
    const { O_RDONLY, O_DIRECTORY } = fs.constants;
    return new JournalHome(path, Descriptor.open(`${path}/.`, O_RDONLY | O_DIRECTORY)); // it may be a link
  }

  /** @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND */
  check(): void {
    if (!this.name.leadsThere) throw lostPlace(this.path);
  }

  close(): void {
    this.descriptor.close();
  }
}

/**
 * Makes the next file of a journal: allocated whole, with header and tables, and without a name yet, so that nobody
 * sees it half-made and a full file system changes nothing. `seal` is run just before it gets its name, with its descriptor.
 * @returns the byte offset of its first message. @throws HermesError ERR_HERMES_NO_SPACE, _PERMISSION
 */
function createJournalFile(
  target: string,
  header: JournalHeader,
  tables: JournalTables,
  mode: number,
  seal: (fd: number) => void,
): number {
  const directory = path.dirname(target);
  const file = explained(directory, () => newFile(directory, mode));
  try {
    explained(directory, () => allocate(file.fd, JOURNAL_DATA_OFFSET + header.capacity, target));
    const start = encodeJournalStart(header, tables);
    withSystemErrors('write', target, () => writeAll(file.fd, start));
    seal(file.fd);
    fs.rmSync(indexFileName(target), { force: true }); // of a file that was there before
    if (!explained(directory, () => file.link(target))) {
      checkNotWritten(target); // somebody else begins the journal
      throw foreignFile(target, 'it is in the place of the next file');
    }
    return start.length;
  } finally {
    file.close();
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    written += fs.writeSync(fd, bytes, written, bytes.length - written, written);
  }
}

/** @throws HermesError ERR_HERMES_NO_SPACE and _JOURNAL_NOT_FOUND with what to do about a journal */
function explained<T>(directory: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (isMissing(error)) throw lostPlace(directory);
    if ((error as HermesError).code !== 'ERR_HERMES_NO_SPACE') throw error;
    throw noRoom(directory, 'the next file', error);
  }
}
