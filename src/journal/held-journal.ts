import { HermesError } from '../errors.js';
import { JOURNAL_DATA_OFFSET } from '../layout/journal-file.js';
import { checkJournalId } from './corrupt-journal.js';
import { type JournalEntry, resolveJournalDirectory } from './journal-directory.js';
import { filesOfPlace, type JournalPlace } from './journal-seek.js';
import { readJournalStart } from './journal-start.js';
import { JournalWalker } from './journal-walker.js';
import { LaterFiles } from './later-files.js';
import { MappedFile } from './mapped-file.js';
import { openFirst } from './open-first.js';
import { ReadMark } from './read-mark.js';
import { changedJournal, presentJournal, removedJournal } from './removed-journal.js';

/**
 * The one journal that a reader reads, which is known by its id, not by its name: every file is of it, or refused. Notices
 * when the directory holds another one, none, or an earlier state of it.
 */
export class HeldJournal {
  /** Absolute: where the process is later does not matter. */
  readonly directory: string;
  private readonly mark: ReadMark = new ReadMark();
  private readonly later: LaterFiles;

  constructor(directory: string) {
    this.directory = resolveJournalDirectory(directory);
    this.later = new LaterFiles(this.directory);
  }

  /** Opens another file in the place of the one that is open. Undefined when it is gone, or has no header. */
  open(entry: JournalEntry, file: MappedFile): MappedFile | undefined {
    return this.explained(file, () => MappedFile.open(entry, 'read-only', file, file.header.journalId));
  }

  /** Opens the file with a place in the place of the one that is open. */
  openAt(place: JournalPlace, file: MappedFile): MappedFile {
    return this.explained(file, () => openFirst(filesOfPlace(this.directory, place), this.directory, file));
  }

  /** The files behind the one that is open: the same array as long as the directory was not listed again. */
  filesBehind(file: MappedFile): readonly JournalEntry[] {
    return this.explained(file, () => {
      const files = this.later.of(file);
      const header = files[0] === undefined ? undefined : readJournalStart(files[0])?.header;
      if (header !== undefined) checkJournalId(files[0]!.path, header, file.header.journalId);
      return files;
    });
  }

  /**
   * Whether the open file is the one that its name leads to, and its mapping shows it: two system calls.
   * @throws HermesError ERR_HERMES_CORRUPT_JOURNAL when what was read is not in it any more
   */
  isInPlace(walker: JournalWalker): boolean {
    const { file } = walker;
    this.mark.note(walker);
    if (!this.mark.isIn(file)) throw changedJournal(file, this.mark.end);
    return file.isInPlace && !file.hasGrown && !file.isStaleAt(walker.offset);
  }

  /**
   * The same place in what the name leads to now, if that has what was read; the open file is closed then. Undefined while
   * there is nothing, and nothing was read of the file. @throws HermesError ERR_HERMES_REMOVED, _CORRUPT_JOURNAL
   */
  openAgain({ file, segments, offset }: JournalWalker): JournalWalker | undefined {
    const { mark } = this;
    const { firstPosition, journalId } = file.header;
    const entry = { path: file.path, firstPosition };
    const opened = this.explained(file, () => MappedFile.open(entry, 'read-only', undefined, journalId));
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

  /** What goes wrong while the open file is not in its place goes wrong because the journal was removed. */
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

function incoherent(file: string): HermesError {
  return new HermesError(
    'ERR_HERMES_SYSTEM',
    `The file system of ${file} does not show in a mapping what was written: keep the journal on another one`,
  );
}
