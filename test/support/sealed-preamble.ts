import { crc32 } from 'node:zlib';
import { PREAMBLE_CHECKSUM_OFFSET } from '../../src/layout/preamble.js';

/** The content of a segment with another word in its preamble, sealed anew: what a newer, mistaken or malicious creator could write. */
export function sealed(content: Buffer, offset: number, value: number | bigint): Buffer {
  const copy = Buffer.from(content);
  if (typeof value === 'bigint') copy.writeBigUInt64LE(value, offset);
  else copy.writeUInt32LE(value, offset);
  copy.writeUInt32LE(crc32(copy.subarray(0, PREAMBLE_CHECKSUM_OFFSET)), PREAMBLE_CHECKSUM_OFFSET);
  return copy;
}
