import fs from 'node:fs';
import { withSystemErrors } from '../os/system-error.js';
import type { JournalFile } from './journal-file.js';

const word: Buffer = Buffer.alloc(4);

/**
 * True when the file has something at a byte offset where its mapping has nothing: on an overlay, what was mapped before the
 * first write stays with the lower file for ever. One system call.
 */
export function isStale(file: JournalFile, offset: number): boolean {
  if (offset + word.length > file.mappedEnd) return false;
  word.fill(0);
  withSystemErrors('read', file.path, () => fs.readSync(file.descriptor.number, word, 0, word.length, offset));
  // Looked at last: what was written meanwhile is in a mapping that is not stale.
  return word.readInt32LE() !== 0 && Atomics.load(file.memory.words, offset >>> 2) === 0; // SYNC: journaled
}
