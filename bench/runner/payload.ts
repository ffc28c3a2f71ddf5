/**
 * What contestants carry: the message's number in the first word, a pattern that depends on it in the last, one fixed
 * byte between them. Written and verified by words, without the checks of Buffer's methods: every nanosecond here is
 * added to both sides of every comparison with C++, whose compiler makes next to nothing of it.
 */
const FILL = 0x5a;
const FILL_WORD = 0x5a5a_5a5a;
const WORD_LENGTH = 4;

/** Bytes of the smallest payload: number, pattern, and something between them. Lengths are multiples of four. */
const MIN_PAYLOAD_LENGTH: number = 3 * WORD_LENGTH;

function pattern(number: number): number {
  return Math.imul(number, 0x9e37_79b1) ^ 0x5bd1_e995;
}

/** A payload to send, in memory of its own. */
export class OutgoingPayload {
  readonly bytes: Buffer;
  private readonly words: Int32Array;
  private readonly lastIndex: number;

  constructor(length: number) {
    if (length < MIN_PAYLOAD_LENGTH || length % WORD_LENGTH !== 0) {
      throw new RangeError(`a payload has ${length} bytes: give a multiple of four from ${MIN_PAYLOAD_LENGTH} on`);
    }
    this.bytes = Buffer.from(new ArrayBuffer(length)).fill(FILL);
    this.words = new Int32Array(this.bytes.buffer);
    this.lastIndex = this.words.length - 1;
  }

  /** Makes it that of message `number`. */
  write(number: number): void {
    this.words[0] = number;
    this.words[this.lastIndex] = pattern(number);
  }
}

/**
 * The memory that a buffer lies in, by words. Rings give the same buffer each time, whose memory, and whose place in that,
 * cost a call to ask for: V8 reads neither in line of a buffer over shared memory.
 */
class WordsOf {
  words: Int32Array = new Int32Array(0);
  /** Where the buffer starts in its memory, bytes. */
  start = 0;
  private buffer: Buffer | undefined;

  view(buffer: Buffer): void {
    if (buffer === this.buffer) return;
    this.buffer = buffer;
    this.words = new Int32Array(buffer.buffer, 0, buffer.buffer.byteLength >> 2);
    this.start = buffer.byteOffset;
  }
}

/** Writes payloads where they are to lie. */
export class PayloadInPlace {
  private readonly target: WordsOf = new WordsOf();

  /** Makes the `length` bytes at `offset`, at a whole word of the memory, the payload of message `number`. */
  write(buffer: Buffer, offset: number, length: number, number: number): void {
    this.target.view(buffer);
    const { words } = this.target;
    const start = (this.target.start + offset) >> 2;
    const last = start + (length >> 2) - 1;
    words[start] = number;
    for (let i = start + 1; i < last; i++) words[i] = FILL_WORD;
    words[last] = pattern(number);
  }
}

/** Takes a payload out of a ring, to be sent back: a subarray to copy from would cost more than the copy. */
export class PayloadCopy {
  readonly bytes: Buffer;
  private readonly words: Int32Array;
  private readonly source: WordsOf = new WordsOf();

  constructor(length: number) {
    this.bytes = Buffer.from(new ArrayBuffer(length));
    this.words = new Int32Array(this.bytes.buffer);
  }

  /** @param offset in a buffer, at a whole word of its memory, as rings have it */
  take(buffer: Buffer, offset: number): void {
    this.source.view(buffer);
    const { words } = this;
    const source = this.source.words;
    const start = (this.source.start + offset) >> 2;
    for (let i = 0; i < words.length; i++) words[i] = source[start + i]!;
  }
}

/** Verifies payloads where they lie. */
export class PayloadVerifier {
  private filling: Buffer = Buffer.alloc(0);
  private readonly source: WordsOf = new WordsOf();

  /** True when the payload at `offset` is that of message `number`: both ends, and one byte of the middle. */
  isSound(buffer: Buffer, offset: number, length: number, number: number): boolean {
    this.source.view(buffer);
    const { words } = this.source;
    const start = this.source.start + offset;
    if ((start & (WORD_LENGTH - 1)) !== 0) {
      return this.isSound(Buffer.from(buffer.subarray(offset, offset + length)), 0, length, number);
    }
    return (
      words[start >> 2] === (number | 0) &&
      words[((start + length) >> 2) - 1] === pattern(number) &&
      buffer[offset + WORD_LENGTH + (number % (length - 2 * WORD_LENGTH))] === FILL
    );
  }

  /** True when all bytes between number and pattern are as they were sent. */
  isFilled(buffer: Buffer, offset: number, length: number): boolean {
    const count = length - 2 * WORD_LENGTH;
    if (this.filling.length !== count) this.filling = Buffer.alloc(count, FILL);
    return buffer.compare(this.filling, 0, count, offset + WORD_LENGTH, offset + WORD_LENGTH + count) === 0;
  }
}
