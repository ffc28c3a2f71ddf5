import fs from 'node:fs';
import { JOURNAL_DATA_OFFSET } from '../layout/journal-file.js';
import type { JournalEntry } from './journal-directory.js';
import { readJournalStart } from './journal-start.js';
import { hasLostHeader } from './lost-header.js';

/** What is missing of a journal where a file should begin. */
export interface MissingFile {
  /** The position behind it. */
  readonly toPosition: number;
  readonly fault: string;
  /** The first file behind it that can be read; undefined when there is none. */
  readonly goesOnIn: JournalEntry | undefined;
}

/** Where a file should begin there is none, or one without a header: what is missing, or undefined at the journal's end. */
export function missingFrom(entries: readonly JournalEntry[], fromPosition: number): MissingFile | undefined {
  const rest = entries.filter(({ firstPosition }) => firstPosition >= fromPosition);
  const isThere = rest[0]?.firstPosition === fromPosition;
  const fault = isThere ? 'its header is blank' : 'the file is missing';
  const goesOnIn = rest.find((entry) => readJournalStart(entry) !== undefined);
  if (goesOnIn !== undefined) return { toPosition: goesOnIn.firstPosition, fault, goesOnIn };
  const lost = rest.findLast(({ path }) => hasLostHeader(path));
  if (lost === undefined) return undefined; // files that were begun and hold nothing
  const length = fs.statSync(lost.path).size - JOURNAL_DATA_OFFSET;
  return { toPosition: lost.firstPosition + length, fault, goesOnIn };
}
