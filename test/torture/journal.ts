import fs from 'node:fs';

/**
 * Files to which many processes append records of eight u32, each with one call: a record that was appended survives
 * whatever kills the process next. Records never straddle a page, so a kill never leaves half of one.
 */
const WORDS = 8;
const RECORD_LENGTH: number = WORDS * 4;

export type JournalRecord = readonly number[];

export const DEFAULT_JOURNAL = 'default';
export const QUEUE_JOURNAL = 'queue';
export const OFFERED_JOURNAL = 'offered';
export const STEPS_JOURNAL = 'steps';

/** Of the steps journal: a life came by a step for the first time, died at one, or stopped itself there. */
export const VISIT = 1;
export const DEATH = 2;
export const STOP = 3;

export class Journal {
  private readonly fd: number;
  private readonly record: Uint32Array = new Uint32Array(WORDS);

  constructor(file: string) {
    this.fd = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_APPEND);
  }

  append(...values: number[]): void {
    this.record.fill(0);
    this.record.set(values);
    fs.writeSync(this.fd, this.record);
  }
}

/** Reads what was appended since the last look. */
export class JournalReader {
  private offset = 0;

  constructor(private readonly file: string) {}

  *read(): Generator<JournalRecord> {
    if (!fs.existsSync(this.file)) return;
    const fd = fs.openSync(this.file, 'r');
    const length = fs.fstatSync(fd).size - this.offset;
    const words = new Uint32Array(Math.floor(length / RECORD_LENGTH) * WORDS);
    const read = words.length === 0 ? 0 : fs.readSync(fd, words, 0, words.byteLength, this.offset);
    fs.closeSync(fd);
    this.offset += read;
    for (let i = 0; i < read / RECORD_LENGTH; i++) yield [...words.subarray(i * WORDS, (i + 1) * WORDS)];
  }
}
