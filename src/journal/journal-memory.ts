import type { Mapping } from '../os/mapper.js';
import { asBytes, Message } from '../ring/message.js';

/** Views of a mapped file, from its first byte. */
export class JournalMemory {
  readonly buffer: ArrayBufferLike;
  readonly words: Int32Array;
  readonly bytes: Buffer;
  readonly times: BigInt64Array;
  /** The one message object of this memory, to be filled and handed out. */
  readonly message: Message;

  constructor({ buffer, length }: Mapping) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, length >>> 2);
    this.bytes = Buffer.from(buffer, 0, length);
    this.times = new BigInt64Array(buffer, 0, length >>> 3);
    this.message = new Message(this.bytes, this.words, this.times, asBytes);
  }
}
