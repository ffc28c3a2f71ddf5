import fs from 'node:fs';
import path from 'node:path';
import { HermesError } from '../errors.js';
import {
  JOURNAL_DATA_OFFSET,
  JOURNAL_HEADER_LENGTH,
  journalFileName,
  LANE_TABLE_TYPE,
} from '../layout/journal-file.js';
import { indexFileName } from '../layout/journal-index.js';
import { allocate, type NewFile, newFile } from '../os/new-file.js';
import { withSystemErrors } from '../os/system-error.js';
import { encodeControlRecord } from './control-record.js';
import { foreignFile } from './corrupt-journal.js';
import type { JournalEntry } from './journal-directory.js';
import { encodeJournalHeader, type JournalHeader } from './journal-header.js';
import type { LaneSequences } from './lane-sequences.js';

/**
 * Makes the next file of a journal: allocated whole, with header and lane table, and without a name yet, so that nobody
 * sees it half-made and a full file system changes nothing. `seal` is run just before it gets its name.
 * @throws HermesError ERR_HERMES_NO_SPACE, _PERMISSION
 */
export function createJournalFile(
  directory: string,
  header: JournalHeader,
  sequences: LaneSequences,
  newestTimeNs: bigint,
  mode: number,
  seal: () => void,
): JournalEntry {
  const target = path.join(directory, journalFileName(header.firstPosition));
  const file = withoutSpaceExplained(directory, () => newFile(directory, mode));
  try {
    withoutSpaceExplained(directory, () => allocate(file.fd, JOURNAL_DATA_OFFSET + header.capacity, target));
    const table = encodeControlRecord(LANE_TABLE_TYPE, newestTimeNs, sequences.encode());
    withSystemErrors('write', target, () => {
      fs.writeSync(file.fd, encodeJournalHeader(header), 0, JOURNAL_HEADER_LENGTH, 0);
      fs.writeSync(file.fd, table, 0, table.length, JOURNAL_DATA_OFFSET);
    });
    seal();
    fs.rmSync(indexFileName(target), { force: true }); // of a file that was there before
    link(file, target);
  } finally {
    file.close();
  }
  return { path: target, firstPosition: header.firstPosition };
}

function link(file: NewFile, target: string): void {
  try {
    file.link(target);
  } catch (error) {
    if ((error as HermesError).code !== 'ERR_HERMES_SEGMENT_EXISTS') throw error;
    throw foreignFile(target, 'it is in the place of the next file');
  }
}

/** @throws HermesError ERR_HERMES_NO_SPACE with what to do about a journal */
function withoutSpaceExplained<T>(directory: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if ((error as HermesError).code !== 'ERR_HERMES_NO_SPACE') throw error;
    throw new HermesError(
      'ERR_HERMES_NO_SPACE',
      `There is no room for the next file of the journal ${directory}: free space, or remove its oldest files (hermes journal prune ${directory} --keep-bytes <size>)`,
      { cause: error },
    );
  }
}
