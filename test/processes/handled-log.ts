import fs from 'node:fs';

/**
 * What a succession of members handled, in the order in which they did: one file, to which each appends one entry a
 * message before its handler returns. An entry, 16 bytes: generation u32, lane u16, whole u16 (1 when the payload was
 * right), sequence f64. Entries never straddle a page, so that a kill never leaves half of one.
 */

const ENTRY_LENGTH = 16;

export interface Handled {
  readonly generation: number;
  readonly lane: number;
  readonly sequence: number;
  readonly whole: boolean;
}

/** Appends; every entry is in the file when the call returns. Allocates nothing that is kept. */
export class HandledLog {
  private readonly fd: number;
  private readonly entry: Buffer = Buffer.alloc(ENTRY_LENGTH);

  constructor(
    file: string,
    private readonly generation: number,
  ) {
    this.fd = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_APPEND);
  }

  append(lane: number, sequence: number, whole: boolean): void {
    const { entry } = this;
    entry.writeUInt32LE(this.generation, 0);
    entry.writeUInt16LE(lane, 4);
    entry.writeUInt16LE(whole ? 1 : 0, 6);
    entry.writeDoubleLE(sequence, 8);
    fs.writeSync(this.fd, entry);
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.fd);
  }
}

export function readHandledLog(file: string): Handled[] {
  const bytes = fs.readFileSync(file);
  if (bytes.length % ENTRY_LENGTH !== 0) throw new Error(`${file} ends with half an entry`);
  return Array.from({ length: bytes.length / ENTRY_LENGTH }, (_, i) => ({
    generation: bytes.readUInt32LE(i * ENTRY_LENGTH),
    lane: bytes.readUInt16LE(i * ENTRY_LENGTH + 4),
    whole: bytes.readUInt16LE(i * ENTRY_LENGTH + 6) === 1,
    sequence: bytes.readDoubleLE(i * ENTRY_LENGTH + 8),
  }));
}
