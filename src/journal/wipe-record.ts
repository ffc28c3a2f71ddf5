import { RECORD_HEADER_LENGTH } from '../layout/record.js';
import type { MappedFile } from './mapped-file.js';

/**
 * Makes zeros of the last record of a file, from byte `start` to `end`: its magic first, the header with its length last. A
 * process that dies meanwhile leaves a record that was begun, and nobody looks for whole ones inside of it.
 * @throws HermesError ERR_HERMES_NO_SPACE where the file is not mapped to be written
 */
export function wipeRecord(
  { memory: { words, bytes }, stage }: Pick<MappedFile, 'memory' | 'stage'>,
  start: number,
  end: number,
): void {
  const payload = Math.min(start + RECORD_HEADER_LENGTH, end);
  Atomics.store(words, start >>> 2, 0); // SYNC: journaled
  bytes.fill(0, payload, end);
  bytes.fill(0, start, payload);
  stage?.wipe(start, end);
}
