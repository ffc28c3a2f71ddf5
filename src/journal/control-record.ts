import { crc32 } from '../built-ins.js';
import {
  RECORD_CRC_OFFSET,
  RECORD_FLAG_CRC,
  RECORD_FLAGS_OFFSET,
  RECORD_HEADER_LENGTH,
  RECORD_LENGTH_OFFSET,
  RECORD_MAGIC,
  RECORD_MAGIC_OFFSET,
  RECORD_TIMESTAMP_OFFSET,
  RECORD_TYPE_OFFSET,
  RECORD_VERSION,
  RECORD_VERSION_OFFSET,
  recordLength,
} from '../layout/record.js';

// Records that hold no message: lane tables and entries of an index. Lane and sequence are 0.

export function encodeControlRecord(type: number, timestampNs: bigint, payload: Buffer): Buffer {
  const record = Buffer.alloc(recordLength(payload.length));
  record.writeInt32LE(RECORD_MAGIC, RECORD_MAGIC_OFFSET);
  record.writeUInt8(RECORD_VERSION, RECORD_VERSION_OFFSET);
  record.writeUInt8(type, RECORD_TYPE_OFFSET);
  record.writeUInt16LE(RECORD_FLAG_CRC, RECORD_FLAGS_OFFSET);
  record.writeBigInt64LE(timestampNs, RECORD_TIMESTAMP_OFFSET);
  record.writeUInt32LE(payload.length, RECORD_LENGTH_OFFSET);
  payload.copy(record, RECORD_HEADER_LENGTH);
  record.writeUInt32LE(crc32(payload, crc32(record.subarray(0, RECORD_CRC_OFFSET))), RECORD_CRC_OFFSET);
  return record;
}

/** True when a whole record of this type and payload length is at byte `start`. */
export function isControlRecord(bytes: Buffer, start: number, type: number, payloadLength: number): boolean {
  const payload = start + RECORD_HEADER_LENGTH;
  if (payload + payloadLength > bytes.length) return false;
  return (
    bytes.readInt32LE(start + RECORD_MAGIC_OFFSET) === RECORD_MAGIC &&
    bytes.readUInt8(start + RECORD_VERSION_OFFSET) === RECORD_VERSION &&
    bytes.readUInt8(start + RECORD_TYPE_OFFSET) === type &&
    bytes.readUInt32LE(start + RECORD_LENGTH_OFFSET) === payloadLength &&
    bytes.readUInt32LE(start + RECORD_CRC_OFFSET) ===
      crc32(bytes.subarray(payload, payload + payloadLength), crc32(bytes.subarray(start, start + RECORD_CRC_OFFSET)))
  );
}
