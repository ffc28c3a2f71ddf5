import fs from 'node:fs';
import { indexFileName } from '../layout/journal-index.js';
import { checkJournalId, type Damage } from './corrupt-journal.js';
import { entryAt, type JournalEntry } from './journal-directory.js';
import type { JournalHeader } from './journal-header.js';
import { readJournalStart } from './journal-start.js';
import { lostHeaderFault } from './lost-header.js';

/** What is missing of a journal where a file should begin. */
interface MissingFile {
  /** Of a file at the end, as if it were as long as the others. */
  readonly damage: Damage;
  /** The first file behind it that can be read; undefined when there is none. */
  readonly goesOnIn: JournalEntry | undefined;
}

/**
 * Where a file should begin there is none, or one without a header: what is missing, or undefined at the journal's end.
 * `own`: the header of another file of the journal. @throws HermesError ERR_HERMES_CORRUPT_JOURNAL when it goes on in a foreign file
 */
export function missingFrom(
  directory: string,
  entries: readonly JournalEntry[],
  fromPosition: number,
  own: JournalHeader,
): MissingFile | undefined {
  const rest = entries.filter(({ firstPosition }) => firstPosition >= fromPosition);
  const isThere = rest[0]?.firstPosition === fromPosition;
  const { path: file } = entryAt(directory, fromPosition);
  const fault = isThere ? (lostHeaderFault(file) ?? 'its header is blank') : 'the file is missing';
  for (const entry of rest) {
    const header = readJournalStart(entry)?.header;
    if (header === undefined) continue;
    checkJournalId(entry.path, header, own.journalId);
    return { damage: { file, fromPosition, toPosition: entry.firstPosition, fault }, goesOnIn: entry };
  }
  const lost = rest.findLast(({ path }) => lostHeaderFault(path) !== undefined);
  // None: files that were begun and hold nothing; or one that came, before its index, since the directory was listed.
  if (lost === undefined && (isThere || !fs.existsSync(indexFileName(file)) || fs.existsSync(file))) return undefined;
  const toPosition = (lost?.firstPosition ?? fromPosition) + own.capacity;
  return { damage: { file, fromPosition, toPosition, fault }, goesOnIn: undefined };
}
