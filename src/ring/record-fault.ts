import type { HermesError } from '../errors.js';
import {
  MAX_USER_TYPE,
  PADDING_TYPE,
  RECORD_HEADER_LENGTH,
  RECORD_KIND_WORD,
  RECORD_LENGTH_WORD,
  RECORD_MAGIC,
  RECORD_TYPE_MASK,
  recordLength,
  recordType,
} from '../layout/record.js';
import { corruptLane } from './corrupt-lane.js';
import { exactHead } from './head.js';
import type { SegmentMemory } from './segment-memory.js';

/** What the records of one lane must satisfy. */
export interface RecordRules {
  /** VER and FLAGS that every record of the lane carries, as `recordKind` gives them. */
  readonly kind: number;
  readonly maxPayloadLength: number;
}

/**
 * Says what is wrong with the header at word `index`, as a text for people, or undefined. It does not check the sequence.
 * `untilEnd` is what is left of the lane there, `available` what has been published from there on, in bytes.
 */
export function recordFault(
  words: Int32Array,
  index: number,
  rules: RecordRules,
  untilEnd: number,
  available: number,
): string | undefined {
  const magic = words[index]!;
  const kind = words[index + RECORD_KIND_WORD]!;
  const length = words[index + RECORD_LENGTH_WORD]! >>> 0;
  const type = recordType(kind);
  if (magic !== RECORD_MAGIC) return `its magic is ${hex(magic)} instead of ${hex(RECORD_MAGIC)}`;
  if ((kind & ~RECORD_TYPE_MASK) !== rules.kind) {
    return `its version, flags and lane are ${hex(kind & ~RECORD_TYPE_MASK)} instead of ${hex(rules.kind)}`;
  }
  if (type > MAX_USER_TYPE) return `its type is ${type}, which is reserved`;
  if (type === PADDING_TYPE) {
    if (length + RECORD_HEADER_LENGTH !== untilEnd) return `its padding of ${length} bytes does not end with the lane`;
  } else if (length > rules.maxPayloadLength) {
    return `its length is ${length}, more than the segment's maximum of ${rules.maxPayloadLength}`;
  }
  const whole = type === PADDING_TYPE ? untilEnd : recordLength(length);
  if (whole > untilEnd) return `its length is ${length}, beyond the end of the lane`;
  if (whole > available) return `its length is ${length}, beyond what has been published`;
  return undefined;
}

/** The error for a damaged record: names lane and unbounded position. `positionLow` is at most a lane behind head. */
export function corruptRecord(memory: SegmentMemory, lane: number, positionLow: number, fault: string): HermesError {
  const head = exactHead(memory, lane);
  const position = head - (((head | 0) - positionLow) >>> 0);
  return corruptLane(lane, `the record at position ${position} is damaged: ${fault}`);
}

function hex(word: number): string {
  return `0x${(word >>> 0).toString(16).padStart(8, '0')}`;
}
