import { markAsUntransferable } from 'node:worker_threads';
import { RECORD_HEADER_LENGTH, recordLength } from '../layout/record.js';
import { Message } from '../ring/message.js';

/**
 * Copies are cut from slabs. A slab is collected when none of its copies is kept, so one kept copy keeps a whole slab. So small copies are
 * cut from small slabs: records up to 128 bytes from 4 KiB, records twice as long from slabs twice as long, and so on.
 */
const LEAST_SLAB_LENGTH = 4096;
const LEAST_SLAB_BITS = 7;
const SLAB_KINDS = 5;
/** Records beyond this have memory of their own. */
const MAX_SHARED_LENGTH: number = 16 * 1024;
/** Up to here copying by eight bytes is faster than a call. */
const MAX_LENGTH_BY_WORDS = 512;
const HEADER_LENGTH: number = RECORD_HEADER_LENGTH;

class Slab {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly times: BigInt64Array;
  usedLength = 0;

  constructor(readonly length: number) {
    const buffer = new ArrayBuffer(length);
    this.bytes = Buffer.from(buffer);
    this.words = new Int32Array(buffer);
    this.times = new BigInt64Array(buffer);
  }
}

/** Copies messages with their headers out of shared memory, so that they outlive their handler. One allocation each; few for the bytes. */
export class MessageCopier<T> {
  private readonly slabs: Slab[];

  constructor(private readonly decode: (payload: Buffer) => T) {
    const none = new Slab(0);
    this.slabs = new Array(SLAB_KINDS).fill(none);
  }

  /** Returns a copy that its owner may keep. */
  copy(message: Message<T>): Message<T> {
    const length = recordLength(message.length);
    const slab = length > MAX_SHARED_LENGTH ? new Slab(length) : this.slabFor(length);
    const at = slab.usedLength;
    slab.usedLength += length;
    copyBytes(message, slab, at, HEADER_LENGTH + message.length);
    const copy = new Message<T>(slab.bytes, slab.words, slab.times, this.decode);
    copy.type = message.type;
    copy.lane = message.lane;
    copy.length = message.length;
    copy.offset = at + HEADER_LENGTH;
    copy.lost = message.lost;
    copy.redelivered = message.redelivered;
    return copy;
  }

  private slabFor(length: number): Slab {
    const bits = 32 - Math.clz32(length - 1) - LEAST_SLAB_BITS;
    const kind = Math.min(Math.max(bits, 0), SLAB_KINDS - 1);
    const slab = this.slabs[kind]!;
    return slab.usedLength + length <= slab.length ? slab : this.beginSlab(kind);
  }

  /** A copy's memory cannot be transferred to another thread: other copies' memory would go with it. */
  private beginSlab(kind: number): Slab {
    const slab = new Slab(LEAST_SLAB_LENGTH << kind);
    markAsUntransferable(slab.bytes.buffer);
    this.slabs[kind] = slab;
    return slab;
  }
}

/** `length` bytes of a record, from its header on. Both are padded to whole words. */
function copyBytes(message: Message<unknown>, to: Slab, at: number, length: number): void {
  const from = message.offset - HEADER_LENGTH;
  if (length > MAX_LENGTH_BY_WORDS) {
    message.buffer.copy(to.bytes, at, from, from + length);
    return;
  }
  const [source, target] = [message.times, to.times];
  const [first, start] = [from / 8, at / 8];
  const count = (length + 7) >>> 3;
  for (let i = 0; i < count; i++) target[start + i] = source[first + i]!;
}
