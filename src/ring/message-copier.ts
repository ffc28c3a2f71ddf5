import { RECORD_HEADER_LENGTH, recordLength } from '../layout/record.js';
import { Message } from './message.js';

/** Copies are cut from pieces of memory of this many bytes: a piece is collected when none of its copies is kept. */
const SLAB_LENGTH: number = 64 * 1024;
/** Records beyond this have memory of their own. */
const MAX_SHARED_LENGTH: number = SLAB_LENGTH / 4;
/** Up to here copying word by word is faster than a call of `set`. */
const MAX_LENGTH_BY_WORDS = 512;
const HEADER_LENGTH: number = RECORD_HEADER_LENGTH;

interface Slab {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly times: BigInt64Array;
}

/** Copies messages out of shared memory, header and all, so that they outlive their handler. An allocation each, and few for their bytes. */
export class MessageCopier<T> {
  private slab: Slab = newSlab(SLAB_LENGTH);
  private usedLength = 0;

  constructor(private readonly decode: (payload: Buffer) => T) {}

  /** A copy that is its owner's to keep. */
  copy(message: Message<T>): Message<T> {
    const length = recordLength(message.length);
    const slab = this.slabFor(length);
    const at = slab === this.slab ? this.usedLength : 0;
    if (slab === this.slab) this.usedLength += length;
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
    if (length > MAX_SHARED_LENGTH) return newSlab(length);
    if (this.usedLength + length > SLAB_LENGTH) {
      this.slab = newSlab(SLAB_LENGTH);
      this.usedLength = 0;
    }
    return this.slab;
  }
}

/** `length` bytes of a record, from its header on. */
function copyBytes(
  message: { buffer: Buffer; words: Int32Array; offset: number },
  to: Slab,
  at: number,
  length: number,
): void {
  const from = message.offset - HEADER_LENGTH;
  if (length > MAX_LENGTH_BY_WORDS) {
    message.buffer.copy(to.bytes, at, from, from + length);
    return;
  }
  const { words } = message;
  const [source, target] = [from / 4, at / 4];
  const count = (length + 3) >>> 2; // a record is padded to whole words
  for (let i = 0; i < count; i++) to.words[target + i] = words[source + i]!;
}

function newSlab(length: number): Slab {
  const buffer = new ArrayBuffer(length);
  return { bytes: Buffer.from(buffer), words: new Int32Array(buffer), times: new BigInt64Array(buffer) };
}
