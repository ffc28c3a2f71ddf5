import fs from 'node:fs';
import { JOURNAL_HEADER_LENGTH } from '../layout/journal-file.js';
import { openWithoutLinks } from '../os/open-file.js';
import { withSystemErrors } from '../os/system-error.js';

const PIECE_LENGTH: number = 1024 * 1024;

/**
 * True for a file whose header is blank, though something is behind it: its first page was lost with the power, or wiped. A
 * header is written before a file gets its name, so nobody who died leaves that. Reads a file with a blank header to its end.
 */
export function hasLostHeader(file: string): boolean {
  if (!fs.existsSync(file)) return false; // it was pruned
  const fd = openWithoutLinks(file, fs.constants.O_RDONLY);
  const piece = Buffer.alloc(PIECE_LENGTH);
  try {
    for (let offset = 0; ; offset += PIECE_LENGTH) {
      const length = withSystemErrors('read', file, () => fs.readSync(fd, piece, 0, PIECE_LENGTH, offset));
      const at = piece.subarray(0, length).findIndex((byte) => byte !== 0);
      if (at !== -1) return offset + at >= JOURNAL_HEADER_LENGTH;
      if (length < PIECE_LENGTH) return false;
    }
  } finally {
    fs.closeSync(fd);
  }
}
