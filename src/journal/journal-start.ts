import fs from 'node:fs';
import {
  JOURNAL_DATA_OFFSET,
  JOURNAL_HEADER_LENGTH,
  LANE_TABLE_TYPE,
  laneTableLength,
} from '../layout/journal-file.js';
import { RECORD_HEADER_LENGTH, RECORD_TIMESTAMP_OFFSET, recordLength } from '../layout/record.js';
import { openIfThere } from '../os/open-file.js';
import { readAt } from '../os/read-at.js';
import { isControlRecord } from './control-record.js';
import { checkRegular } from './corrupt-journal.js';
import type { JournalEntry } from './journal-directory.js';
import { decodeJournalHeader, isBlankHeader, type JournalHeader } from './journal-header.js';
import { LaneSequences } from './lane-sequences.js';

/** What the first bytes of a file tell of the journal up to there. */
export interface JournalStart {
  readonly header: JournalHeader;
  /** Undefined when the lane table is not whole. */
  readonly table: { readonly sequences: LaneSequences; readonly newestTimeNs: bigint } | undefined;
}

/** Reads header and lane table, without mapping the file. Undefined when
 * the header was never written, or the file is gone. @throws HermesError ERR_HERMES_CORRUPT_JOURNAL, _INCOMPATIBLE_LAYOUT, _PERMISSION */
export function readJournalStart({ path, firstPosition }: JournalEntry): JournalStart | undefined {
  const fd = openIfThere(path);
  if (fd === undefined) return undefined;
  try {
    checkRegular(path, fs.fstatSync(fd));
    const first = readAt(fd, path, JOURNAL_HEADER_LENGTH, 0);
    if (isBlankHeader(first)) return undefined;
    const header = decodeJournalHeader(first, path, firstPosition);
    const length = laneTableLength(header.laneCount);
    const record = readAt(fd, path, recordLength(length), JOURNAL_DATA_OFFSET);
    if (!isControlRecord(record, 0, LANE_TABLE_TYPE, length)) return { header, table: undefined };
    const sequences = LaneSequences.decode(record, RECORD_HEADER_LENGTH, header.laneCount);
    return { header, table: { sequences, newestTimeNs: record.readBigInt64LE(RECORD_TIMESTAMP_OFFSET) } };
  } finally {
    fs.closeSync(fd);
  }
}
