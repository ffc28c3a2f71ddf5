import fs from 'node:fs';
import { chosenMapper } from '../../src/os/chosen-mapper.js';

/** Words at the start: told by the conductor, and counted by everybody, so that a hang shows. */
const STOP_INDEX = 0;
const PUBLISHED_INDEX = 1;
const HANDLED_INDEX = 2;
const HEADER_LENGTH = 4096;
/** Messages of a lane that there is place for. */
export const MOST_MESSAGES: number = 2 ** 21;
const LANES = 4;
const GROUPS = 3;
const LENGTH: number = HEADER_LENGTH + GROUPS * LANES * MOST_MESSAGES;

export interface Tally {
  /** Sequences that nobody handled, the first few. */
  readonly missing: readonly number[];
  readonly repeatedCount: number;
}

/** A mapped file in which every process counts how often each message was handled. What was noted survives a SIGKILL. */
export class Ledger {
  private readonly words: Int32Array;
  private readonly counts: Uint8Array;

  private constructor(
    buffer: ArrayBufferLike,
    private readonly unmap: () => void,
  ) {
    this.words = new Int32Array(buffer, 0, HEADER_LENGTH / 4);
    this.counts = new Uint8Array(buffer, HEADER_LENGTH);
  }

  static create(file: string): Ledger {
    fs.writeFileSync(file, '');
    fs.truncateSync(file, LENGTH);
    return Ledger.open(file);
  }

  static open(file: string): Ledger {
    const fd = fs.openSync(file, 'r+');
    const mapping = chosenMapper().map(fd, LENGTH, 'read-write');
    fs.closeSync(fd);
    return new Ledger(mapping.buffer, () => mapping.unmap());
  }

  get isStopped(): boolean {
    return Atomics.load(this.words, STOP_INDEX) === 1;
  }

  /** Tells the producers to come to an end. */
  stop(): void {
    Atomics.store(this.words, STOP_INDEX, 1);
  }

  /** Grows as long as anything goes on. */
  get progress(): number {
    return Atomics.load(this.words, PUBLISHED_INDEX) + Atomics.load(this.words, HANDLED_INDEX);
  }

  get handledCount(): number {
    return Atomics.load(this.words, HANDLED_INDEX);
  }

  notePublished(): void {
    Atomics.add(this.words, PUBLISHED_INDEX, 1);
  }

  noteHandled(group: number, lane: number, sequence: number): void {
    Atomics.add(this.counts, this.place(group, lane, sequence), 1);
    Atomics.add(this.words, HANDLED_INDEX, 1);
  }

  countOf(group: number, lane: number, sequence: number): number {
    return Atomics.load(this.counts, this.place(group, lane, sequence));
  }

  /** How a group handled the first `count` messages of a lane. */
  tally(group: number, lane: number, count: number): Tally {
    const missing: number[] = [];
    let repeatedCount = 0;
    for (let sequence = 0; sequence < count; sequence++) {
      const handled = this.countOf(group, lane, sequence);
      if (handled === 0 && missing.length < 5) missing.push(sequence);
      if (handled > 1) repeatedCount++;
    }
    return { missing, repeatedCount };
  }

  close(): void {
    this.unmap();
  }

  private place(group: number, lane: number, sequence: number): number {
    if (sequence >= MOST_MESSAGES) throw new RangeError(`sequence ${sequence} is beyond the ledger`);
    return (group * LANES + lane) * MOST_MESSAGES + sequence;
  }
}
