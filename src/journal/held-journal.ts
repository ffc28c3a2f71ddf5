import { HermesError } from '../errors.js';
import { JOURNAL_DATA_OFFSET } from '../layout/journal-file.js';
import { RECORD_CRC_OFFSET, RECORD_LENGTH_OFFSET, RECORD_MAGIC, recordLength } from '../layout/record.js';
import { checkJournalId, foreignFile } from './corrupt-journal.js';
import { readJournalStart } from './file-start.js';
import {
  type JournalEntry,
  journalEntries,
  journalNotFound,
  LaterFiles,
  resolveJournalDirectory,
} from './journal-directory.js';
import { filesOfPlace, type JournalPlace } from './journal-seek.js';
import { JournalWalker } from './journal-walker.js';
import { lostHeaderFault } from './lost-files.js';
import { MappedFile } from './mapped-file.js';

/**
 * The one journal that a reader reads. It is known by its id, not by its name: a file of another journal is refused. Notices
 * when the directory holds another journal, none, or an earlier state of this one.
 */
export class HeldJournal {
  /** Absolute: the process may change its working directory. */
  readonly directory: string;
  private readonly mark: ReadMark = new ReadMark();
  private readonly later: LaterFiles;

  constructor(directory: string) {
    this.directory = resolveJournalDirectory(directory);
    this.later = new LaterFiles(this.directory);
  }

  /**
   * Opens the first file that can be opened, to be read: the others were pruned meanwhile, or have no header.
   * With `former`, the file must be of the same journal. @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL
   */
  openFirst(entries: readonly JournalEntry[], former?: MappedFile): MappedFile {
    for (const entry of entries) {
      const file = MappedFile.open(entry, 'read-only', former, former?.header.journalId);
      if (file !== undefined) return file;
    }
    for (const { path } of entries) {
      const fault = lostHeaderFault(path);
      if (fault !== undefined) throw foreignFile(path, fault);
    }
    throw journalNotFound(this.directory);
  }

  /** Opens another file instead of the one that is open. Undefined when it is gone, or has no header. */
  open(entry: JournalEntry, file: MappedFile): MappedFile | undefined {
    return this.explained(file, () => MappedFile.open(entry, 'read-only', file, file.header.journalId));
  }

  /** Opens the file that holds a place, instead of the one that is open. */
  openAt(place: JournalPlace, file: MappedFile): MappedFile {
    return this.explained(file, () => this.openFirst(filesOfPlace(this.directory, place), file));
  }

  /** The files behind the one that is open: the same array until the directory is listed again. */
  filesBehind(file: MappedFile): readonly JournalEntry[] {
    return this.explained(file, () => {
      const files = this.later.of(file.entry, file.endPosition);
      const header = files[0] === undefined ? undefined : readJournalStart(files[0])?.header;
      if (header !== undefined) checkJournalId(files[0]!.path, header, file.header.journalId);
      return files;
    });
  }

  /**
   * Whether the name still leads to the open file, and the mapping shows what is in it. Two system calls.
   * @throws HermesError ERR_HERMES_CORRUPT_JOURNAL when what was read is no longer in it
   */
  isInPlace(walker: JournalWalker): boolean {
    const { file } = walker;
    this.mark.note(walker);
    if (!this.mark.isIn(file)) throw changedJournal(file, this.mark.end);
    return file.isInPlace && !file.hasGrown && !file.isStaleAt(walker.offset);
  }

  /**
   * The same place in the file that the name leads to now, if what was read is in it; then the open file is closed. Undefined while
   * there is no such file, and nothing was read of the open one. @throws HermesError ERR_HERMES_REMOVED, _CORRUPT_JOURNAL
   */
  openAgain({ file, segments, offset }: JournalWalker): JournalWalker | undefined {
    const { mark } = this;
    const { journalId } = file.header;
    const opened = this.explained(file, () => MappedFile.open(file.entry, 'read-only', undefined, journalId));
    if (opened === undefined) {
      // A file in which nothing was whole is made anew by the next writer.
      const isAwaited = offset === JOURNAL_DATA_OFFSET && presentJournal(this.directory) === journalId.toString('hex');
      if (isAwaited) return undefined;
      throw removedJournal(this.directory, file);
    }
    try {
      if (!mark.isIn(opened)) throw changedJournal(file, mark.end);
      if (opened.isStaleAt(mark.end)) throw incoherent(file.path);
    } catch (error) {
      opened.close();
      throw error;
    }
    const walker = new JournalWalker(opened, segments);
    walker.goOnAt(mark.end);
    mark.moveTo(opened);
    file.close();
    return walker;
  }

  /** If a call fails and the open file is not in its place, the journal was removed: that is the error. */
  private explained<T>(file: MappedFile, call: () => T): T {
    try {
      return call();
    } catch (error) {
      const { code } = error as HermesError;
      const mayBe = code === 'ERR_HERMES_JOURNAL_NOT_FOUND' || code === 'ERR_HERMES_CORRUPT_JOURNAL';
      throw mayBe && !file.isInPlace ? removedJournal(this.directory, file, error) : error;
    }
  }
}

/**
 * The last record that was read of a file, as it was then. It proves that a file is still the one that was read, and in no earlier
 * state. Its checksum covers lane, sequence, time and payload.
 */
class ReadMark {
  /** Byte offset behind the record: reading goes on there in a file that has it. */
  end = 0;
  private file: MappedFile | undefined;
  /** -1: nothing was read of the file. */
  private offset = -1;
  private checksum = 0;

  /** Remembers the record that a walker has passed last, as it is now, unless it is known already. */
  note({ file, recordOffset, offset }: JournalWalker): void {
    if (this.file === file && (recordOffset === -1 || recordOffset === this.offset)) return;
    this.file = file;
    this.offset = recordOffset;
    this.end = offset;
    if (recordOffset === -1) return;
    const { words } = file.memory;
    this.checksum = words[(recordOffset + RECORD_CRC_OFFSET) >>> 2]!;
    this.end = recordOffset + recordLength(words[(recordOffset + RECORD_LENGTH_OFFSET) >>> 2]! >>> 0);
  }

  /** True when a file has the record where it was. */
  isIn({ memory: { words }, mappedEnd }: MappedFile): boolean {
    if (this.offset === -1) return true;
    if (this.end > mappedEnd || words[this.offset >>> 2] !== RECORD_MAGIC) return false;
    return words[(this.offset + RECORD_CRC_OFFSET) >>> 2] === this.checksum;
  }

  /** Another file has the record, and is read from now on. */
  moveTo(file: MappedFile): void {
    this.file = file;
  }
}

/** The error for a journal whose file is open here, while its name leads elsewhere, or nowhere. Reads the directory. */
function removedJournal(directory: string, file: MappedFile, cause?: unknown): HermesError {
  const own = file.header.journalId.toString('hex');
  const present = presentJournal(directory);
  const found =
    present === own
      ? `${file.path} was removed or replaced`
      : `the journal ${own} was removed from ${directory}, or moved, ${present === undefined ? 'and none is there now' : `and another one is there now, ${present}`}`;
  return new HermesError(
    'ERR_HERMES_REMOVED',
    `While it was read, ${found}: open ${present === undefined ? 'it anew where it is' : 'the journal anew'}`,
    cause === undefined ? undefined : { cause },
  );
}

/** The error for a file that no longer holds what was read of it up to a byte offset. */
function changedJournal(file: MappedFile, end: number): HermesError {
  return new HermesError(
    'ERR_HERMES_CORRUPT_JOURNAL',
    `${file.path} no longer has what was read of it up to position ${file.positionAt(end)}: an earlier state of the journal was restored, or a producer took back what it had not published. Open the journal anew`,
  );
}

/** The id of the journal that is in a directory, as far as it can be read: hexadecimal digits. */
function presentJournal(directory: string): string | undefined {
  try {
    for (const entry of journalEntries(directory)) {
      const start = readJournalStart(entry);
      if (start !== undefined) return start.header.journalId.toString('hex');
    }
  } catch {
    // No directory, or nothing of ours: it holds none.
  }
  return undefined;
}

function incoherent(file: string): HermesError {
  return new HermesError(
    'ERR_HERMES_SYSTEM',
    `The file system of ${file} does not show in a mapping what was written: keep the journal on another one`,
  );
}
