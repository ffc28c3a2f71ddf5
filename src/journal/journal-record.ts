import { crc32 } from '../built-ins.js';
import { SEGMENT_TABLE_TYPE } from '../layout/journal-segment-table.js';
import * as R from '../layout/record.js';
import { checksumFault, type RecordRules, recordFault } from '../ring/record-fault.js';

// The records of a journal's files and of their indexes. All of them have a CRC, even if those of the segment have none.

/** The kind of a record of lane 0 with TYPE 0, which is the kind of padding. */
export const JOURNAL_KIND: number = R.recordKind(0, true);
/** The bits of a kind that are alike in all records: VER and the lower FLAGS. */
export const JOURNAL_KIND_MASK: number = ~(R.RECORD_TYPE_MASK | R.RECORD_LANE_MASK);

/** The rules for the records of a file, of whatever lane. A payload may be as long as the file has room. */
export const JOURNAL_RULES: RecordRules = {
  kind: JOURNAL_KIND,
  kindMask: JOURNAL_KIND_MASK,
  maxType: SEGMENT_TABLE_TYPE,
  maxPayloadLength: Number.POSITIVE_INFINITY,
  place: 'file',
  extent: 'the end of the file',
};

/** A record without a message: a table, or an entry of an index. Its lane and sequence are 0. */
export function encodeControlRecord(type: number, timestampNs: bigint, payload: Buffer): Buffer {
  const record = Buffer.alloc(R.recordLength(payload.length));
  record.writeInt32LE(R.RECORD_MAGIC, R.RECORD_MAGIC_OFFSET);
  record.writeInt32LE(JOURNAL_KIND | (type << R.RECORD_TYPE_SHIFT), R.RECORD_VERSION_OFFSET);
  record.writeBigInt64LE(timestampNs, R.RECORD_TIMESTAMP_OFFSET);
  record.writeUInt32LE(payload.length, R.RECORD_LENGTH_OFFSET);
  payload.copy(record, R.RECORD_HEADER_LENGTH);
  record.writeUInt32LE(crc32(payload, crc32(record.subarray(0, R.RECORD_CRC_OFFSET))), R.RECORD_CRC_OFFSET);
  return record;
}

/** True when a whole record of this type and payload length is at byte `start`. Copies it. */
export function isControlRecord(bytes: Buffer, start: number, type: number, payloadLength: number): boolean {
  if (start + R.RECORD_HEADER_LENGTH + payloadLength > bytes.length) return false;
  const whole = R.recordLength(payloadLength);
  const record = Buffer.alloc(whole);
  bytes.copy(record, 0, start, start + whole);
  const words = new Int32Array(record.buffer);
  const kind = JOURNAL_KIND | (type << R.RECORD_TYPE_SHIFT);
  return (
    recordFault(words, 0, JOURNAL_RULES, whole, whole) === undefined &&
    words[R.RECORD_KIND_WORD] === kind &&
    words[R.RECORD_LENGTH_WORD] === payloadLength &&
    checksumFault(words, record, 0, kind, payloadLength) === undefined
  );
}
