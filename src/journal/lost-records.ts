import { JOURNAL_DATA_OFFSET } from '../layout/journal-file.js';
import type { Damage } from './corrupt-journal.js';
import { readIndex } from './journal-index.js';
import type { MappedFile } from './mapped-file.js';

/** What shows that a file had records behind the place where its whole ones end. */
export interface LostRecords {
  /** They reached at least this position: bytes. */
  readonly toPosition: number;
  readonly fault: string;
  /** The kernel had them in this boot and does not forget: it was no power failure that took them. */
  readonly isOfThisBoot: boolean;
}

/**
 * Whether a file lost records behind a byte offset, where its whole ones end: it is shorter than its header says, or its index
 * tells of places farther on. An index that is missing shows nothing. Reads the index.
 */
export function lostBehind(file: MappedFile, offset: number): LostRecords | undefined {
  const { path, header, fileLength, endPosition } = file;
  const fault = cutFault(fileLength, header.capacity);
  if (fault !== undefined) return { toPosition: endPosition, fault, isOfThisBoot: true };
  const last = readIndex(path, header).at(-1);
  if (last === undefined || last.position <= file.positionAt(offset)) return undefined;
  return {
    toPosition: last.position,
    fault: `the records end there, and the index of the file tells of more, up to position ${last.position}`,
    isOfThisBoot: last.isOfThisBoot,
  };
}

/** Of a file whose cut took no more than what aligns its last record: all of them are there. */
export function cutDamage(file: MappedFile): Damage | undefined {
  const { path, header, fileLength, endPosition, mappedEnd, dataEnd } = file;
  if (mappedEnd < dataEnd) return undefined;
  const fault = cutFault(fileLength, header.capacity);
  if (fault === undefined) return undefined;
  return { file: path, fromPosition: file.positionAt(fileLength), toPosition: endPosition, fault };
}

/** What is wrong with a file that is shorter than its header says, in words for people. Both in bytes. */
export function cutFault(fileLength: number, capacity: number): string | undefined {
  const wholeLength = JOURNAL_DATA_OFFSET + capacity;
  if (fileLength >= wholeLength) return undefined;
  return `the file was cut: it has ${fileLength} bytes, and its header says ${wholeLength}`;
}
