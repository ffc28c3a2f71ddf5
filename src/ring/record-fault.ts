import type { HermesError } from '../errors.js';
import {
  MAX_USER_TYPE,
  PADDING_TYPE,
  RECORD_CRC_WORD,
  RECORD_HEADER_LENGTH,
  RECORD_KIND_WORD,
  RECORD_LANE_MASK,
  RECORD_LENGTH_WORD,
  RECORD_MAGIC,
  RECORD_TYPE_MASK,
  recordKind,
  recordLength,
  recordType,
} from '../layout/record.js';
import { corruptLane } from './corrupt-lane.js';
import { crc32OfRecord } from './crc32.js';
import { exactHead } from './head.js';
import type { SegmentMemory } from './segment-memory.js';

/** What records must satisfy: those of one lane, or those in a file of a journal. */
export interface RecordRules {
  /** VER and FLAGS that every record carries, as `recordKind` gives them; and which bits of the kind these are. */
  readonly kind: number;
  readonly kindMask: number;
  /** Types above this are reserved. */
  readonly maxType: number;
  readonly maxPayloadLength: number;
  /** In words for people: what the records are in, and what there is of it. */
  readonly place: string;
  readonly extent: string;
}

/** The rules for the records of one lane. */
export function laneRules({ checksum, geometry: { maxPayloadLength } }: SegmentMemory, lane: number): RecordRules {
  const [kind, kindMask] = [recordKind(lane, checksum), ~RECORD_TYPE_MASK];
  return { kind, kindMask, maxType: MAX_USER_TYPE, maxPayloadLength, place: 'lane', extent: 'what has been published' };
}

/** What is wrong with the header at word `index`: see `headerFault`. */
export function recordFault(
  words: Int32Array,
  index: number,
  rules: RecordRules,
  untilEnd: number,
  available: number,
): string | undefined {
  const [kind, length] = [words[index + RECORD_KIND_WORD]!, words[index + RECORD_LENGTH_WORD]!];
  return headerFault(words[index]!, kind, length, rules, untilEnd, available);
}

/**
 * What is wrong with a header, in words for people, or undefined. The first three are its words, which the caller has read once.
 * Sequence and checksum are not looked at. `untilEnd` is what is left of the lane or file there, `available` what can be read of it: bytes.
 */
export function headerFault(
  magic: number,
  kind: number,
  signedLength: number,
  rules: RecordRules,
  untilEnd: number,
  available: number,
): string | undefined {
  const { place, kindMask, maxPayloadLength } = rules;
  const length = signedLength >>> 0;
  const type = recordType(kind);
  if (magic !== RECORD_MAGIC) return `its magic is ${hex(magic)} instead of ${hex(RECORD_MAGIC)}`;
  if ((kind & kindMask) !== rules.kind) {
    const fields = (kindMask & RECORD_LANE_MASK) === 0 ? 'version and flags' : 'version, flags and lane';
    return `its ${fields} are ${hex(kind & kindMask)} instead of ${hex(rules.kind)}`;
  }
  if (type > rules.maxType) return `its type is ${type}, which is reserved`;
  if (type === PADDING_TYPE) {
    if (length + RECORD_HEADER_LENGTH !== untilEnd) {
      return `its padding of ${length} bytes does not end with the ${place}`;
    }
  } else if (length > maxPayloadLength) {
    return `its length is ${length}, more than the segment's maximum of ${maxPayloadLength}`;
  }
  const whole = type === PADDING_TYPE ? untilEnd : recordLength(length);
  if (length > untilEnd || whole > untilEnd) return `its length is ${length}, beyond the end of the ${place}`;
  if (whole > available) return `its length is ${length}, beyond ${rules.extent}`;
  return undefined;
}

/** The same of the checksum of the record at word `index`. Its header, of which `kind` and `length` are words, must be good. */
export function checksumFault(
  words: Int32Array,
  bytes: Buffer,
  index: number,
  kind: number,
  length: number,
): string | undefined {
  const covered = recordType(kind) === PADDING_TYPE ? 0 : length;
  const isRight = crc32OfRecord(words, bytes, index * 4, covered) === words[index + RECORD_CRC_WORD];
  return isRight ? undefined : 'its checksum does not match its content';
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
