import { recordLength } from '../layout/record.js';
import { Message } from './message.js';
import type { SegmentMemory } from './segment-memory.js';

/** Private memory for a copy of one record, and its message. A consumer reads its lanes one at a time, so they share it. */
export class RecordCopy {
  /** The last word is no record's. */
  readonly words: Int32Array<ArrayBuffer>;
  readonly bytes: Buffer;
  readonly message: Message<unknown>;

  /** Allocates as much as the segment's largest record. */
  constructor({ geometry }: SegmentMemory, decode: (payload: Buffer) => unknown) {
    const buffer = new ArrayBuffer(recordLength(geometry.maxPayloadLength) + 32);
    this.words = new Int32Array(buffer);
    this.bytes = Buffer.from(buffer);
    this.message = new Message(this.bytes, this.words, new BigInt64Array(buffer), decode);
  }
}
