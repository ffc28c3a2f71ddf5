/**
 * A file of a journal: this header, 64 bytes, sealed by a checksum, then a data region of records, each as `record.ts`
 * has it, always with its CRC and with its lane in the flags. The byte at a position of the journal is at
 * `JOURNAL_DATA_OFFSET + position - first position`. A file is allocated whole, and reads as zeros beyond its last record.
 *
 * ```
 *    0 magic "HERMESJL"     8 B     16 first position         u64    48 journal id             8 B
 *    8 layout major         2 B     24 created at             i64    56 lanes                  u32
 *   10 layout minor         2 B     32 segment id            16 B    60 checksum               u32
 *   12 capacity             u32
 * ```
 *
 * The first record of a file is its lane table; a segment table for each other segment that is known follows at once. A
 * padding record that reaches the end of the data region ends a full file. The next file begins at the position where this one ends.
 */

export const JOURNAL_HEADER_LENGTH = 64;

export const JOURNAL_MAGIC = 'HERMESJL';
export const JOURNAL_MAGIC_OFFSET = 0;
export const JOURNAL_MAJOR_OFFSET = 8;
export const JOURNAL_MINOR_OFFSET = 10;
export const JOURNAL_CAPACITY_OFFSET = 12;
export const JOURNAL_FIRST_POSITION_OFFSET = 16;
export const JOURNAL_CREATED_AT_OFFSET = 24;
export const JOURNAL_SEGMENT_ID_OFFSET = 32;
export const JOURNAL_ID_OFFSET = 48;
export const JOURNAL_LANE_COUNT_OFFSET = 56;
export const JOURNAL_CHECKSUM_OFFSET = 60;
/** Where records begin. */
export const JOURNAL_DATA_OFFSET = 64;

/** Raised when a file of the new layout cannot be used by older code. */
export const JOURNAL_MAJOR = 1;
/** 1: segment tables. */
export const JOURNAL_MINOR = 1;
export const JOURNAL_ID_LENGTH = 8;

export const MIN_JOURNAL_FILE_LENGTH: number = 64 * 1024;
export const MAX_JOURNAL_FILE_LENGTH: number = 1024 ** 3;

/**
 * TYPE of a lane table: the first record of every file. Its payload holds for each lane of the segment the sequence that
 * comes next (u64), as it was when the file was begun, or {@link NO_SEQUENCE}. Lane and sequence of the record itself are
 * 0; its TIMESTAMP is the newest time of a message in the files before.
 */
export const LANE_TABLE_TYPE = 240;
export const LANE_TABLE_ENTRY_LENGTH = 8;
/** In a lane table, both words: no message of the lane is known; the first that comes is taken as it is. */
export const NO_SEQUENCE = 0xffff_ffff;

const NAME = /^(\d{20})\.journal$/;
const NAME_DIGITS = 20;

/** The name of the file that begins at this position (bytes): 20 decimal digits, so that names sort as positions do. */
export function journalFileName(firstPosition: number): string {
  return `${String(firstPosition).padStart(NAME_DIGITS, '0')}.journal`;
}

/** The position that a file name says, or undefined when it is no name of a journal's file. */
export function positionOfName(name: string): number | undefined {
  const [, digits] = NAME.exec(name) ?? [];
  const position = Number(digits);
  return Number.isSafeInteger(position) ? position : undefined;
}

/** Bytes of a lane table's payload. */
export function laneTableLength(laneCount: number): number {
  return laneCount * LANE_TABLE_ENTRY_LENGTH;
}
