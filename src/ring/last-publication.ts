import {
  PADDING_TYPE,
  RECORD_LENGTH_OFFSET,
  RECORD_MAGIC,
  RECORD_MAGIC_OFFSET,
  RECORD_TIMESTAMP_OFFSET,
  RECORD_TYPE_OFFSET,
  recordLength,
} from '../layout/record.js';
import { laneOffset } from './indices.js';
import type { SegmentMemory } from './segment-memory.js';

/** The most records to walk over, which takes some milliseconds. */
const MOST_RECORDS = 100_000;

/**
 * When the last message before `head` was published: nanoseconds since the Unix epoch. Walks over the records from `position`, where one
 * begins; both are low words, and nobody must overwrite what is between them. Undefined when there is none, when it has no timestamp, when
 * it is too far away, and when what is there are no records.
 */
export function lastPublicationNs(
  memory: SegmentMemory,
  lane: number,
  position: number,
  head: number,
): bigint | undefined {
  const { words, bytes, times, geometry, timestamps } = memory;
  const start = laneOffset(memory, lane);
  let time: bigint | undefined;
  let at = position;
  for (let walked = 0; at !== head && walked < MOST_RECORDS; walked++) {
    const offset = start + (at & (geometry.laneCapacity - 1));
    if (words[(offset + RECORD_MAGIC_OFFSET) >>> 2] !== RECORD_MAGIC) return undefined;
    const need = recordLength(words[(offset + RECORD_LENGTH_OFFSET) >>> 2]!);
    if (need <= 0 || need > (head - at) >>> 0) return undefined;
    if (bytes[offset + RECORD_TYPE_OFFSET] !== PADDING_TYPE) time = times[(offset + RECORD_TIMESTAMP_OFFSET) / 8];
    at = (at + need) | 0;
  }
  return at === head && timestamps ? time : undefined;
}
