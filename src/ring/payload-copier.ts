/** Bytes: up to here a payload that comes again is copied word by word, as that costs less than a call. */
const MAX_LENGTH_BY_WORDS = 256;
/** Bytes: V8 sets shared memory word by word, while `fill` copies it as C does, and costs more to call. */
const MAX_LENGTH_BY_SET = 1536;
/** Payloads that are remembered, a power of two: as many as a batch may have to be copied without calls. */
const PLACES = 256;

/**
 * Only so many of the payloads that are new to their place are remembered, one in this many: a note costs the collector's
 * bookkeeping, which a producer with a new array for each message would pay each time. No power of two, as batches are.
 */
const STRANGERS_PER_NOTE = 17;

const NO_PAYLOAD: Uint8Array = new Uint8Array(0);
const NO_WORDS: BigInt64Array = new BigInt64Array(0);

/**
 * Copies payloads into a lane. A producer that sends from the same short arrays again and again, filled anew, as fast ones
 * do, has them copied without a call: each call of `set` stores to the stack as well, and while the lines of the lane come
 * over from the consumer's core, all stores wait in one queue.
 */
export class PayloadCopier {
  /** What is remembered of each place of a batch, and the same by words once it has come again: that costs a view. */
  private readonly payloads: Uint8Array[] = new Array(PLACES).fill(NO_PAYLOAD);
  private readonly views: BigInt64Array[] = new Array(PLACES).fill(NO_WORDS);
  private strangers = 0;

  /** Both view the same memory from its start. */
  constructor(
    private readonly words: BigInt64Array,
    private readonly bytes: Buffer,
  ) {}

  /**
   * Copies all of `payload`, which is the `index`th of its batch, to byte `start`, a multiple of 8. Allocates a view when a
   * short array has come again and again.
   */
  copy(payload: Uint8Array, start: number, index: number): void {
    const { length } = payload;
    if (length > MAX_LENGTH_BY_WORDS) {
      if (length > MAX_LENGTH_BY_SET) this.bytes.fill(payload, start, start + length);
      else this.bytes.set(payload, start);
      return;
    }
    const place = index & (PLACES - 1);
    const view = this.views[place]!;
    const count = length >>> 3;
    if (payload !== this.payloads[place] || view.length !== count || count === 0) {
      this.copyAndRemember(payload, start, place);
      return;
    }
    const { words } = this;
    const at = start >>> 3;
    let i = 0;
    for (; i + 4 <= count; i += 4) {
      words[at + i] = view[i]!;
      words[at + i + 1] = view[i + 1]!;
      words[at + i + 2] = view[i + 2]!;
      words[at + i + 3] = view[i + 3]!;
    }
    for (; i < count; i++) words[at + i] = view[i]!;
    for (i = count * 8; i < length; i++) this.bytes[start + i] = payload[i]!;
  }

  /** Also when its length has changed, as that of an array over resizable memory may. */
  private copyAndRemember(payload: Uint8Array, start: number, place: number): void {
    this.bytes.set(payload, start); // refuses one whose memory was given away
    const { buffer, byteOffset, length } = payload;
    if (length < 8) return;
    if (payload === this.payloads[place]) {
      if (byteOffset % 8 === 0) this.views[place] = new BigInt64Array(buffer, byteOffset, length >>> 3);
    } else if (++this.strangers === STRANGERS_PER_NOTE) {
      this.strangers = 0;
      this.payloads[place] = payload;
      this.views[place] = NO_WORDS;
    }
  }
}
