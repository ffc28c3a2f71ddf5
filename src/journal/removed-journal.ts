import { HermesError } from '../errors.js';
import { journalEntries } from './journal-directory.js';
import { readJournalStart } from './journal-start.js';
import type { MappedFile } from './mapped-file.js';

/** The error for a journal whose file is open here, while its name leads elsewhere, or nowhere. Reads the directory. */
export function removedJournal(directory: string, file: MappedFile, cause?: unknown): HermesError {
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

/** The error for a file that no longer has what was read of it, up to a byte offset. */
export function changedJournal(file: MappedFile, end: number): HermesError {
  return new HermesError(
    'ERR_HERMES_CORRUPT_JOURNAL',
    `${file.path} no longer has what was read of it up to position ${file.positionAt(end)}: an earlier state of the journal was restored, or a producer took back what it had not published. Open the journal anew`,
  );
}

/** The id of the journal that is in a directory, as far as it can be read: hexadecimal digits. */
export function presentJournal(directory: string): string | undefined {
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
