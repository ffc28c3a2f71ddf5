import { RECORD_CRC_OFFSET, RECORD_LENGTH_OFFSET, RECORD_MAGIC, recordLength } from '../layout/record.js';
import type { JournalWalker } from './journal-walker.js';
import type { MappedFile } from './mapped-file.js';

/**
 * The record that was read last of a file, as it was: proof that a file is still the one that was read, and in no earlier
 * state. Its checksum covers lane, sequence, time and payload.
 */
export class ReadMark {
  /** Byte offset behind the record: where a file that has it is read on. */
  end = 0;
  private file: MappedFile | undefined;
  /** -1: nothing was read of the file. */
  private offset = -1;
  private checksum = 0;

  /** Remembers the record that a walker has passed last, as it is now, unless that is the one that is known. */
  note({ file, recordOffset, offset }: JournalWalker): void {
    if (this.file === file && (recordOffset === -1 || recordOffset === this.offset)) return;
    this.file = file;
    this.offset = recordOffset;
    this.end = offset;
    if (recordOffset === -1) return;
    const { words } = file.memory;
    this.checksum = words[(recordOffset + RECORD_CRC_OFFSET) >>> 2]!;
    this.end = recordOffset + recordLength(words[(recordOffset + RECORD_LENGTH_OFFSET) >>> 2]! >>> 0);
  }

  get isBlank(): boolean {
    return this.offset === -1;
  }

  /** True when a file has the record where it was. */
  isIn({ memory: { words }, mappedEnd }: MappedFile): boolean {
    if (this.isBlank) return true;
    if (this.end > mappedEnd || words[this.offset >>> 2] !== RECORD_MAGIC) return false;
    return words[(this.offset + RECORD_CRC_OFFSET) >>> 2] === this.checksum;
  }

  /** Another file has it: it is what is read from now on. */
  moveTo(file: MappedFile): void {
    this.file = file;
  }
}
