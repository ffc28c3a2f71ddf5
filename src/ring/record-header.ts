import {
  RECORD_CRC_WORD,
  RECORD_KIND_WORD,
  RECORD_LENGTH_WORD,
  RECORD_MAGIC,
  RECORD_SEQUENCE_HIGH_WORD,
  RECORD_SEQUENCE_LOW_WORD,
  RECORD_TIME_HIGH_WORD,
  RECORD_TIME_LOW_WORD,
} from '../layout/record.js';

/** Writes the header of a record at word `index`, without a checksum. `kind` is VER, TYPE and FLAGS; `length` that of the payload, bytes. */
export function fillHeader(
  words: Int32Array,
  index: number,
  kind: number,
  sequenceLow: number,
  sequenceHigh: number,
  timeLow: number,
  timeHigh: number,
  length: number,
): void {
  words[index] = RECORD_MAGIC;
  words[index + RECORD_KIND_WORD] = kind;
  words[index + RECORD_SEQUENCE_LOW_WORD] = sequenceLow;
  words[index + RECORD_SEQUENCE_HIGH_WORD] = sequenceHigh;
  words[index + RECORD_TIME_LOW_WORD] = timeLow;
  words[index + RECORD_TIME_HIGH_WORD] = timeHigh;
  words[index + RECORD_LENGTH_WORD] = length;
  words[index + RECORD_CRC_WORD] = 0;
}
