import { foreignFile } from './corrupt-journal.js';
import { type JournalEntry, journalNotFound } from './journal-directory.js';
import { lostHeaderFault } from './lost-files.js';
import { MappedFile } from './mapped-file.js';

/**
 * Opens the first file that can be opened, to be read: those that cannot were pruned meanwhile, or have no header.
 * With `former`, of the same journal. @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL
 */
export function openFirst(entries: readonly JournalEntry[], directory: string, former?: MappedFile): MappedFile {
  for (const entry of entries) {
    const file = MappedFile.open(entry, 'read-only', former, former?.header.journalId);
    if (file !== undefined) return file;
  }
  for (const { path } of entries) {
    const fault = lostHeaderFault(path);
    if (fault !== undefined) throw foreignFile(path, fault);
  }
  throw journalNotFound(directory);
}
