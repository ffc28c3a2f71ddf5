import fs from 'node:fs';
import { JOURNAL_HEADER_LENGTH, MIN_JOURNAL_FILE_LENGTH } from '../layout/journal-file.js';
import { openIfThere } from '../os/open-file.js';
import { readAt } from '../os/read-at.js';
import { withSystemErrors } from '../os/system-error.js';

const PIECE_LENGTH: number = 1024 * 1024;
const zeros: Buffer = Buffer.alloc(PIECE_LENGTH);

/**
 * True for a file whose header is blank, though something is behind it: its first page was lost with the power, or wiped. A
 * header is written before a file gets its name, so nobody who died leaves that. Reads a file with a blank header to its end.
 */
export function hasLostHeader(file: string): boolean {
  const fd = openIfThere(file);
  if (fd === undefined) return false; // it was pruned
  try {
    for (let offset = 0; ; offset += PIECE_LENGTH) {
      const piece = readAt(fd, file, PIECE_LENGTH, offset);
      if (piece.compare(zeros, 0, piece.length) !== 0) {
        return offset + piece.findIndex((byte) => byte !== 0) >= JOURNAL_HEADER_LENGTH;
      }
      if (piece.length < PIECE_LENGTH) return false;
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** What was lost of a file without a header, in words for people; undefined for one that was begun, and holds nothing. */
export function lostHeaderFault(file: string): string | undefined {
  const stat = withSystemErrors('look at', file, () => fs.statSync(file, { throwIfNoEntry: false }));
  if (stat === undefined) return undefined; // it was pruned
  const length = stat.size;
  if (length < MIN_JOURNAL_FILE_LENGTH) return `the file was cut: it has ${length} bytes`;
  return hasLostHeader(file) ? 'its header is blank' : undefined;
}
