import fs from 'node:fs';
import path from 'node:path';
import { HermesError } from '../errors.js';
import { JOURNAL_DATA_OFFSET, LANE_TABLE_TYPE } from '../layout/journal-file.js';
import { indexFileName } from '../layout/journal-index.js';
import { allocate, newFile } from '../os/new-file.js';
import { isMissing, withSystemErrors } from '../os/system-error.js';
import { encodeControlRecord } from './control-record.js';
import { foreignFile, lostPlace } from './corrupt-journal.js';
import { encodeJournalHeader, type JournalHeader } from './journal-header.js';
import type { LaneSequences } from './lane-sequences.js';
import { checkNotWritten } from './writer-lock.js';

/** The tables at the start of a file: what is known of each lane of its segment, and of other segments. */
export interface JournalTables {
  readonly sequences: LaneSequences;
  /** The newest time of a message in the files before. */
  readonly newestTimeNs: bigint;
  /** Of other segments: whole records. */
  readonly segmentTables: Buffer;
}

/**
 * Makes the next file of a journal: allocated whole, with header and tables, and without a name yet, so that nobody
 * sees it half-made and a full file system changes nothing. `seal` is run just before it gets its name, with its descriptor.
 * @returns the byte offset of its first message. @throws HermesError ERR_HERMES_NO_SPACE, _PERMISSION
 */
export function createJournalFile(
  target: string,
  header: JournalHeader,
  { sequences, newestTimeNs, segmentTables }: JournalTables,
  mode: number,
  seal: (fd: number) => void,
): number {
  const directory = path.dirname(target);
  const file = explained(directory, () => newFile(directory, mode));
  try {
    explained(directory, () => allocate(file.fd, JOURNAL_DATA_OFFSET + header.capacity, target));
    const laneTable = encodeControlRecord(LANE_TABLE_TYPE, newestTimeNs, sequences.encode());
    const start = Buffer.concat([encodeJournalHeader(header), laneTable, segmentTables]);
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
    throw new HermesError(
      'ERR_HERMES_NO_SPACE',
      `There is no room for the next file of the journal ${directory}: free space, or remove its oldest files (hermes journal prune ${directory} --keep-bytes <size>)`,
      { cause: error },
    );
  }
}
