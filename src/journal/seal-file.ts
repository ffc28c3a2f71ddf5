import {
  PADDING_TYPE,
  RECORD_CRC_WORD,
  RECORD_FLAG_CRC,
  RECORD_HEADER_LENGTH,
  RECORD_KIND_WORD,
  RECORD_LENGTH_WORD,
  RECORD_MAGIC,
  RECORD_TYPE_SHIFT,
  RECORD_VERSION,
} from '../layout/record.js';
import { crc32OfBegunRecord } from '../ring/crc32.js';
import type { JournalFile } from './journal-file.js';
import { wipeRecord } from './wipe-record.js';

/** Ends a file at a byte offset: a padding record fills the rest. @throws HermesError ERR_HERMES_NO_SPACE: there is none then */
export function sealFile(file: JournalFile, offset: number): void {
  const { memory, stage, dataEnd } = file;
  const { words, bytes } = memory;
  if (offset === dataEnd) return;
  const index = offset >>> 2;
  words[index + RECORD_KIND_WORD] = RECORD_VERSION | (RECORD_FLAG_CRC << 16) | (PADDING_TYPE << RECORD_TYPE_SHIFT);
  words.fill(0, index + 2, index + 6);
  words[index + RECORD_LENGTH_WORD] = dataEnd - offset - RECORD_HEADER_LENGTH;
  words[index + RECORD_CRC_WORD] = crc32OfBegunRecord(words, bytes, offset, 0);
  Atomics.store(words, index, RECORD_MAGIC); // SYNC: journaled
  try {
    stage?.storePadding(offset);
  } catch (error) {
    wipeRecord(file, offset, offset + RECORD_HEADER_LENGTH);
    throw error;
  }
}
