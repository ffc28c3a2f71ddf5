import { foreignFile } from './corrupt-journal.js';
import { type JournalEntry, journalNotFound } from './journal-directory.js';
import { JournalFile } from './journal-file.js';
import { hasLostHeader } from './lost-header.js';

/**
 * Opens the first file that can be opened, to be read: those that cannot were pruned meanwhile, or have no header.
 * @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL
 */
export function openFirst(entries: readonly JournalEntry[], directory: string, former?: JournalFile): JournalFile {
  for (const entry of entries) {
    const file = JournalFile.open(entry, 'read-only', former);
    if (file !== undefined) return file;
  }
  const lost = entries.find(({ path }) => hasLostHeader(path));
  throw lost === undefined ? journalNotFound(directory) : foreignFile(lost.path, 'its header is blank');
}
