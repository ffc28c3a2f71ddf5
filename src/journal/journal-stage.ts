import fs from 'node:fs';
import path from 'node:path';
import type { HermesError } from '../errors.js';
import { RECORD_HEADER_LENGTH, RECORD_LENGTH_OFFSET, RECORD_MAGIC, recordLength } from '../layout/record.js';
import { dropPages } from '../os/prefault.js';
import { withSystemErrors } from '../os/system-error.js';
import { noRoom } from './corrupt-journal.js';

const MAGIC_LENGTH = 4;
const NO_MAGIC: Uint8Array = new Uint8Array(MAGIC_LENGTH);
/** Bytes of written copies that are kept in memory before they are given back. */
const KEPT_LENGTH: number = 2 * 1024 * 1024;

/** Views of the mapped file. */
interface StagedMemory {
  readonly buffer: ArrayBufferLike;
  readonly words: Int32Array;
  readonly bytes: Buffer;
}

/** Writes bytes to the file, as `fs.writeSync` does. Returns how many. */
type Write = (bytes: Uint8Array, offset: number, length: number, position: number) => number;

/**
 * Stands between a journal's writer and a file in which a store to a mapping may need space: on a full disk such a store would end the
 * process. So the file is mapped privately: stores stay in this process, and are written from here. A full disk refuses that with an error.
 *
 * A record's magic still comes last: all records are written without it, and then once more with it, in order. So a reader, and the
 * next writer after a death between any two pages, see whole records and nothing behind them.
 */
export class JournalStage {
  /** Byte offset up to which the file holds what the memory holds. Behind it no record of the file has a magic, except those in `owed`. */
  private storedEnd = Number.POSITIVE_INFINITY;
  /** Byte offset behind the last byte of the file that may not be zero. */
  private usedEnd = 0;
  /** Records that must lose their magic before anything else is written: byte offsets, in this order. */
  private owed: number[] = [];
  /** Byte offset behind what was written last. */
  private writtenEnd = 0;
  private keptFrom = 0;

  constructor(
    private readonly path: string,
    private readonly memory: StagedMemory,
    private readonly write: Write,
  ) {}

  /** For the file that is open as `fd`. */
  static of(path: string, fd: number, memory: StagedMemory): JournalStage {
    return new JournalStage(path, memory, (bytes, offset, length, position) =>
      fs.writeSync(fd, bytes, offset, length, position),
    );
  }

  /** Records are appended from this byte offset on; everything before it is in the file. */
  begin(offset: number): void {
    this.storedEnd = Math.min(this.storedEnd, offset);
    this.usedEnd = Math.max(this.usedEnd, offset);
    this.keptFrom = offset;
  }

  /**
   * Writes all records up to byte offset `end` to the file: two system calls, and an array for their places.
   * @throws HermesError ERR_HERMES_NO_SPACE, _SYSTEM: what is not in the file yet may be tried again, or wiped
   */
  store(end: number): void {
    this.payOwed();
    const { storedEnd, memory } = this;
    const usedEnd = Math.max(end, this.usedEnd);
    if (usedEnd <= storedEnd) return;
    const starts = this.recordsUpTo(end);
    memory.bytes.fill(0, Math.max(end, storedEnd), usedEnd); // where records were taken back
    this.usedEnd = usedEnd;
    this.setMagics(starts, 0);
    try {
      this.writeAll(storedEnd, usedEnd);
    } finally {
      this.setMagics(starts, RECORD_MAGIC);
    }
    try {
      this.writeAll(storedEnd, end);
    } finally {
      this.storedEnd = starts.find((start) => start + MAGIC_LENGTH > this.writtenEnd) ?? Math.max(end, storedEnd);
    }
    this.usedEnd = this.storedEnd;
    this.giveBack();
  }

  /** The same for a padding record at byte offset `start`, which ends the file: nothing is behind its header. */
  storePadding(start: number): void {
    this.store(start + RECORD_HEADER_LENGTH);
    this.storedEnd = Number.POSITIVE_INFINITY;
  }

  /**
   * Makes zeros of a record in the file, as the memory has them already. Of several records the last one comes first. If there is no
   * room for that, the next store does it before anything else. @throws HermesError ERR_HERMES_SYSTEM
   */
  wipe(start: number, end: number): void {
    if (start >= this.storedEnd) return; // the file does not show it, and the next store writes over it
    this.usedEnd = Math.max(this.usedEnd, end);
    if (this.storedEnd !== Number.POSITIVE_INFINITY) this.storedEnd = start;
    this.owed.push(start);
    try {
      this.payOwed();
      this.writeAll(start, end);
    } catch (error) {
      if ((error as HermesError).code !== 'ERR_HERMES_NO_SPACE') throw error;
    }
  }

  private payOwed(): void {
    for (let start = this.owed[0]; start !== undefined; start = this.owed[0]) {
      this.writeAll(start, start + MAGIC_LENGTH, NO_MAGIC);
      this.owed.shift();
    }
  }

  /** The byte offsets of the records that are not stored yet. */
  private recordsUpTo(end: number): number[] {
    const starts: number[] = [];
    const { words } = this.memory;
    for (let start = this.storedEnd; start < end; ) {
      starts.push(start);
      start += recordLength(words[(start + RECORD_LENGTH_OFFSET) >>> 2]!);
    }
    return starts;
  }

  private setMagics(starts: readonly number[], magic: number): void {
    for (const start of starts) this.memory.words[start >>> 2] = magic;
  }

  /** Writes what the memory has between two byte offsets, or `bytes` instead. */
  private writeAll(from: number, to: number, bytes?: Uint8Array): void {
    const source = bytes ?? this.memory.bytes;
    const shift = bytes === undefined ? 0 : from;
    this.writtenEnd = from;
    try {
      withSystemErrors('write to', this.path, () => {
        for (let at = from; at < to; this.writtenEnd = at) at += this.write(source, at - shift, to - at, at);
      });
    } catch (error) {
      if ((error as HermesError).code !== 'ERR_HERMES_NO_SPACE') throw error;
      throw noRoom(path.dirname(this.path), 'more', error);
    }
  }

  /** Gives memory back whose content is in the file. */
  private giveBack(): void {
    if (this.storedEnd - this.keptFrom < KEPT_LENGTH) return;
    this.keptFrom = dropPages(this.memory.buffer, this.keptFrom, this.storedEnd);
  }
}
