/**
 * One record of a lane: a 32-byte header, then the payload, then nothing up to the next multiple of 32.
 *
 * ```
 *  byte 0        4    5    6      8          16          24     28     32
 *       ┌────────┬────┬────┬──────┬──────────┬───────────┬──────┬──────┬─────────┐
 *       │ MAGIC  │VER │TYPE│FLAGS │ SEQUENCE │ TIMESTAMP │ LEN  │ CRC  │ PAYLOAD │
 *       │  4 B   │1 B │1 B │ 2 B  │   8 B    │    8 B    │ 4 B  │ 4 B  │ LEN B   │
 *       └────────┴────┴────┴──────┴──────────┴───────────┴──────┴──────┴─────────┘
 * ```
 *
 * Little endian. A header never straddles a cache line, and the end of a lane always has room for a padding header.
 */

export const RECORD_MAGIC_OFFSET = 0;
export const RECORD_VERSION_OFFSET = 4;
export const RECORD_TYPE_OFFSET = 5;
export const RECORD_FLAGS_OFFSET = 6;
export const RECORD_SEQUENCE_OFFSET = 8;
export const RECORD_TIMESTAMP_OFFSET = 16;
export const RECORD_LENGTH_OFFSET = 24;
export const RECORD_CRC_OFFSET = 28;
export const RECORD_HEADER_LENGTH = 32;

/** The same fields as words of four bytes from the record's start: the kind is VER, TYPE and FLAGS together. */
export const RECORD_KIND_WORD = 1;
export const RECORD_SEQUENCE_LOW_WORD = 2;
export const RECORD_SEQUENCE_HIGH_WORD = 3;
export const RECORD_TIME_LOW_WORD = 4;
export const RECORD_TIME_HIGH_WORD = 5;
export const RECORD_LENGTH_WORD = 6;
export const RECORD_CRC_WORD = 7;

/** Records start at multiples of this many bytes, so every position is one too, and `1` can mean "none". */
export const RECORD_ALIGNMENT = 32;

/** `HRMS`, as a little-endian word. */
export const RECORD_MAGIC = 0x53_4d_52_48;
export const RECORD_VERSION = 1;

/** FLAGS bit 0: the CRC field holds CRC-32 (IEEE) of bytes 0–27 followed by the payload. Bits 8–15 hold the lane. */
export const RECORD_FLAG_CRC = 1;

/** A padding record fills the end of a lane: LEN covers all that is left, and its CRC covers bytes 0–27 alone. */
export const PADDING_TYPE = 0;
export const DEFAULT_TYPE = 1;
export const MIN_USER_TYPE = 1;
export const MAX_USER_TYPE = 239;

/**
 * The word at {@link RECORD_VERSION_OFFSET} (VER, TYPE and FLAGS together) of every record of a lane, with TYPE left 0.
 * A reader compares it in one go, once it has masked TYPE out with {@link RECORD_TYPE_MASK}.
 */
export function recordKind(lane: number, checksum: boolean): number {
  return RECORD_VERSION | ((checksum ? RECORD_FLAG_CRC : 0) << 16) | (lane << RECORD_LANE_SHIFT);
}

export const RECORD_TYPE_SHIFT = 8;
export const RECORD_TYPE_MASK = 0xff00;
export const RECORD_LANE_SHIFT = 24;
export const RECORD_LANE_MASK = 0xff00_0000;

/** TYPE, of the kind of a record. */
export function recordType(kind: number): number {
  return (kind & RECORD_TYPE_MASK) >>> RECORD_TYPE_SHIFT;
}

/** The lane, of the kind of a record. */
export function recordLane(kind: number): number {
  return kind >>> RECORD_LANE_SHIFT;
}

/** Bytes that a message of `payloadLength` bytes takes in a lane: a multiple of 32. */
export function recordLength(payloadLength: number): number {
  return (payloadLength + RECORD_HEADER_LENGTH + RECORD_ALIGNMENT - 1) & -RECORD_ALIGNMENT;
}
