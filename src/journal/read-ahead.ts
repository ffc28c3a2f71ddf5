import { prefaultToRead } from '../os/prefault.js';
import type { MappedFile } from './mapped-file.js';

/** Bytes that are made ready at once: a tenth of the time that so many page faults take. */
const AHEAD_LENGTH: number = 1024 * 1024;

/** Makes pages of a mapped file ready before they are read. */
export class ReadAhead {
  /** Byte offset in the file: from here on pages are not ready. */
  end = 0;

  /** To be called when `end` is reached. */
  goOn(file: MappedFile, offset: number): void {
    const end = Math.min(offset + AHEAD_LENGTH, file.mappedEnd);
    if (offset < end) prefaultToRead(file.memory.buffer, offset, end - offset);
    this.end = offset < end ? end : Number.POSITIVE_INFINITY;
  }
}
