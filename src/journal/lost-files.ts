import fs from 'node:fs';
import { JOURNAL_DATA_OFFSET, JOURNAL_HEADER_LENGTH, MIN_JOURNAL_FILE_LENGTH } from '../layout/journal-file.js';
import { indexFileName } from '../layout/journal-index.js';
import { openIfThere, readAt } from '../os/open-file.js';
import { withSystemErrors } from '../os/system-error.js';
import { checkJournalId, type Damage } from './corrupt-journal.js';
import { readIndex } from './file-index.js';
import { type JournalHeader, readJournalStart } from './file-start.js';
import { entryAt, type JournalEntry } from './journal-directory.js';
import type { MappedFile } from './mapped-file.js';

// What shows that a part of a journal was lost: a file, the header of a file, or records at a file's end.

const PIECE_LENGTH: number = 1024 * 1024;
const zeros: Buffer = Buffer.alloc(PIECE_LENGTH);

/** What is missing of a journal from the place where a file should begin. */
interface MissingFile {
  /** If files are missing at the end, the last one counts as long as the others. */
  readonly damage: Damage;
  /** The first file behind it that can be read; undefined when there is none. */
  readonly goesOnIn: JournalEntry | undefined;
}

/**
 * There is no file, or one without a header, where a file should begin: what is missing, or undefined at the journal's end.
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
  // Not lost: files that were begun and hold nothing; or a file that came, before its index, since the directory was listed.
  if (lost === undefined && (isThere || !fs.existsSync(indexFileName(file)) || fs.existsSync(file))) return undefined;
  const toPosition = (lost?.firstPosition ?? fromPosition) + own.capacity;
  return { damage: { file, fromPosition, toPosition, fault }, goesOnIn: undefined };
}

/**
 * True for a file whose header is blank, though something is behind it: its first page was lost with the power, or wiped. A
 * header is written before a file gets its name, so no process that died has left that. Reads a file with a blank header to its end.
 */
export function hasLostHeader(file: string): boolean {
  const fd = openIfThere(file);
  if (fd === undefined) return false; // it was pruned
  try {
    for (let offset = 0; ; offset += PIECE_LENGTH) {
      const piece = readAt(fd, file, PIECE_LENGTH, offset);
      if (piece.compare(zeros, 0, piece.length) !== 0) {
        return offset + piece.findIndex((byte) => byte !== 0) >= JOURNAL_HEADER_LENGTH;
      }
      if (piece.length < PIECE_LENGTH) return false;
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** What was lost of a file without a header, in words for people; undefined for a file that was begun and holds nothing. */
export function lostHeaderFault(file: string): string | undefined {
  const stat = withSystemErrors('look at', file, () => fs.statSync(file, { throwIfNoEntry: false }));
  if (stat === undefined) return undefined; // it was pruned
  const length = stat.size;
  if (length < MIN_JOURNAL_FILE_LENGTH) return `the file was cut: it has ${length} bytes`;
  return hasLostHeader(file) ? 'its header is blank' : undefined;
}

/** What shows that a file had records behind the place where its whole ones end. */
interface LostRecords {
  /** They reached at least this position: bytes. */
  readonly toPosition: number;
  readonly fault: string;
}

/**
 * Whether a file lost records behind a byte offset, where its whole ones end: it is shorter than its header says, or its index
 * names places farther on. An index that is missing shows nothing. Reads the index.
 */
export function lostBehind(file: MappedFile, offset: number): LostRecords | undefined {
  const { path, header, fileLength, endPosition } = file;
  const fault = cutFault(fileLength, header.capacity);
  if (fault !== undefined) return { toPosition: endPosition, fault };
  const last = readIndex(path, header).at(-1);
  if (last === undefined || last.position <= file.positionAt(offset)) return undefined;
  return {
    toPosition: last.position,
    fault: `the records end there, and the index of the file tells of more, up to position ${last.position}`,
  };
}

/** The damage of a file that was cut behind its last record, so that all records are there. */
export function cutDamage(file: MappedFile): Damage | undefined {
  const { header, fileLength, mappedEnd, dataEnd } = file;
  if (mappedEnd < dataEnd) return undefined;
  const fault = cutFault(fileLength, header.capacity);
  return fault === undefined ? undefined : file.damageBetween(fileLength, dataEnd, fault);
}

/** What is wrong with a file that is shorter than its header says, in words for people. Both arguments are bytes. */
export function cutFault(fileLength: number, capacity: number): string | undefined {
  const wholeLength = JOURNAL_DATA_OFFSET + capacity;
  if (fileLength >= wholeLength) return undefined;
  return `the file was cut: it has ${fileLength} bytes, and its header says ${wholeLength}`;
}
