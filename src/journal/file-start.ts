import fs from 'node:fs';
import { crc32 } from '../built-ins.js';
import { HermesError } from '../errors.js';
import { MAX_LANES } from '../layout/geometry.js';
import * as J from '../layout/journal-file.js';
import { ID_LENGTH } from '../layout/preamble.js';
import { RECORD_ALIGNMENT, RECORD_HEADER_LENGTH, RECORD_TIMESTAMP_OFFSET, recordLength } from '../layout/record.js';
import { openIfThere, readAt } from '../os/open-file.js';
import { checkRegular, foreignFile } from './corrupt-journal.js';
import type { JournalEntry } from './journal-directory.js';
import { encodeControlRecord, isControlRecord } from './journal-record.js';
import { LaneSequences } from './lane-sequences.js';

/** The header of a journal's file, as a value. */
export interface JournalHeader {
  /** Bytes of the data region. */
  readonly capacity: number;
  /** The journal's position where the data region begins: bytes. */
  readonly firstPosition: number;
  /** Nanoseconds since the Unix epoch. */
  readonly createdAtNs: bigint;
  /** The segment whose messages the file holds. */
  readonly segmentId: Buffer;
  readonly journalId: Buffer;
  /** Lanes of the segment. */
  readonly laneCount: number;
}

export function encodeJournalHeader(header: JournalHeader): Buffer {
  const bytes = Buffer.alloc(J.JOURNAL_HEADER_LENGTH);
  bytes.write(J.JOURNAL_MAGIC, J.JOURNAL_MAGIC_OFFSET, 'ascii');
  bytes.writeUInt16LE(J.JOURNAL_MAJOR, J.JOURNAL_MAJOR_OFFSET);
  bytes.writeUInt16LE(J.JOURNAL_MINOR, J.JOURNAL_MINOR_OFFSET);
  bytes.writeUInt32LE(header.capacity, J.JOURNAL_CAPACITY_OFFSET);
  bytes.writeBigUInt64LE(BigInt(header.firstPosition), J.JOURNAL_FIRST_POSITION_OFFSET);
  bytes.writeBigInt64LE(header.createdAtNs, J.JOURNAL_CREATED_AT_OFFSET);
  header.segmentId.copy(bytes, J.JOURNAL_SEGMENT_ID_OFFSET);
  header.journalId.copy(bytes, J.JOURNAL_ID_OFFSET);
  bytes.writeUInt32LE(header.laneCount, J.JOURNAL_LANE_COUNT_OFFSET);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, J.JOURNAL_CHECKSUM_OFFSET)), J.JOURNAL_CHECKSUM_OFFSET);
  return bytes;
}

/** True if the header is missing: the file was cut before the header's end, or its first page was lost in a power failure. */
export function isBlankHeader(bytes: Buffer): boolean {
  return bytes.length < J.JOURNAL_HEADER_LENGTH || bytes.every((byte) => byte === 0);
}

/**
 * Reads a header and believes nothing of it; `firstPosition` is what the file's name says.
 * @throws HermesError ERR_HERMES_CORRUPT_JOURNAL, ERR_HERMES_INCOMPATIBLE_LAYOUT
 */
export function decodeJournalHeader(bytes: Buffer, file: string, firstPosition: number): JournalHeader {
  if (bytes.length < J.JOURNAL_HEADER_LENGTH)
    throw foreignFile(file, `it has ${bytes.length} bytes, less than a header`);
  const magic = bytes.toString('latin1', J.JOURNAL_MAGIC_OFFSET, J.JOURNAL_MAGIC.length);
  if (magic !== J.JOURNAL_MAGIC) throw foreignFile(file, `it does not begin with ${J.JOURNAL_MAGIC}`);
  const major = bytes.readUInt16LE(J.JOURNAL_MAJOR_OFFSET);
  if (major !== J.JOURNAL_MAJOR) {
    throw new HermesError(
      'ERR_HERMES_INCOMPATIBLE_LAYOUT',
      `${file} has journal layout ${major}.${bytes.readUInt16LE(J.JOURNAL_MINOR_OFFSET)}, this version of Hermes reads ${J.JOURNAL_MAJOR}.x: read it with the version that wrote it, and begin a new journal in another directory; docs/upgrading.md says more`,
    );
  }
  if (crc32(bytes.subarray(0, J.JOURNAL_CHECKSUM_OFFSET)) !== bytes.readUInt32LE(J.JOURNAL_CHECKSUM_OFFSET)) {
    throw foreignFile(file, 'its header does not match its checksum');
  }
  const header: JournalHeader = {
    capacity: bytes.readUInt32LE(J.JOURNAL_CAPACITY_OFFSET),
    firstPosition: Number(bytes.readBigUInt64LE(J.JOURNAL_FIRST_POSITION_OFFSET)),
    createdAtNs: bytes.readBigInt64LE(J.JOURNAL_CREATED_AT_OFFSET),
    segmentId: bytes.subarray(J.JOURNAL_SEGMENT_ID_OFFSET, J.JOURNAL_SEGMENT_ID_OFFSET + ID_LENGTH),
    journalId: bytes.subarray(J.JOURNAL_ID_OFFSET, J.JOURNAL_ID_OFFSET + J.JOURNAL_ID_LENGTH),
    laneCount: bytes.readUInt32LE(J.JOURNAL_LANE_COUNT_OFFSET),
  };
  const { capacity, laneCount } = header;
  if (header.firstPosition !== firstPosition) {
    throw foreignFile(file, `it begins at position ${header.firstPosition}, which is not its name's`);
  }
  if (laneCount < 1 || laneCount > MAX_LANES) throw foreignFile(file, `it says that it has ${laneCount} lanes`);
  if (capacity % RECORD_ALIGNMENT !== 0 || capacity + J.JOURNAL_DATA_OFFSET > J.MAX_JOURNAL_FILE_LENGTH) {
    throw foreignFile(file, `its capacity is ${capacity}`);
  }
  return header;
}

/** The tables at the start of a file: what is known of each lane of its segment, and of other segments. */
export interface JournalTables {
  readonly sequences: LaneSequences;
  /** The newest time of a message in the files before. */
  readonly newestTimeNs: bigint;
  /** Of other segments: whole records. */
  readonly segmentTables: Buffer;
}

/** The first bytes of a file, up to its first message. */
export function encodeJournalStart(header: JournalHeader, tables: JournalTables): Buffer {
  const { sequences, newestTimeNs, segmentTables } = tables;
  const laneTable = encodeControlRecord(J.LANE_TABLE_TYPE, newestTimeNs, sequences.encode());
  return Buffer.concat([encodeJournalHeader(header), laneTable, segmentTables]);
}

/** What the first bytes of a file say about the journal up to there. */
export interface JournalStart {
  readonly header: JournalHeader;
  /** Undefined when the lane table is not whole. */
  readonly table: { readonly sequences: LaneSequences; readonly newestTimeNs: bigint } | undefined;
}

/**
 * Reads header and lane table, without mapping the file. Undefined when the header is blank, or the file is gone.
 * @throws HermesError ERR_HERMES_CORRUPT_JOURNAL, _INCOMPATIBLE_LAYOUT, _PERMISSION
 */
export function readJournalStart({ path, firstPosition }: JournalEntry): JournalStart | undefined {
  const fd = openIfThere(path);
  if (fd === undefined) return undefined;
  try {
    checkRegular(path, fs.fstatSync(fd));
    const first = readAt(fd, path, J.JOURNAL_HEADER_LENGTH, 0);
    if (isBlankHeader(first)) return undefined;
    const header = decodeJournalHeader(first, path, firstPosition);
    const length = J.laneTableLength(header.laneCount);
    const record = readAt(fd, path, recordLength(length), J.JOURNAL_DATA_OFFSET);
    if (!isControlRecord(record, 0, J.LANE_TABLE_TYPE, length)) return { header, table: undefined };
    const sequences = LaneSequences.decode(record, RECORD_HEADER_LENGTH, header.laneCount);
    return { header, table: { sequences, newestTimeNs: record.readBigInt64LE(RECORD_TIMESTAMP_OFFSET) } };
  } finally {
    fs.closeSync(fd);
  }
}
