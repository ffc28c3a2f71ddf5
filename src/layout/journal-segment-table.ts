/**
 * A segment table: what a journal knows of a segment whose messages are in files before this one. Behind the lane table of a file
 * there is one, as a record of `record.ts`, for each other segment that is known, the one recorded last first. Lane, sequence and
 * TIMESTAMP of the record are 0. A segment that has none counts as one that was never recorded. The payload:
 *
 * ```
 *    0 segment id          16 B     16 lane table             8 B   for each lane
 * ```
 */

export const SEGMENT_TABLE_TYPE = 242;

export const SEGMENT_TABLE_ID_OFFSET = 0;
/** For each lane of that segment the sequence that comes next, as a lane table of `journal-file.ts` has it. */
export const SEGMENT_TABLE_LANES_OFFSET = 16;

/** The most in a file; they take at most a quarter of it. The segment recorded longest ago is left out first. */
export const MAX_SEGMENT_TABLES = 64;
