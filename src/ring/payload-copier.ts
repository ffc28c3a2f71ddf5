import { checkLength, trueMemory, trueStart } from './payload-length.js';

/** Bytes: a payload that comes again is copied word by word up to this length, because that costs less than a call. */
export const MAX_LENGTH_BY_WORDS = 256;
/** Bytes: V8 sets shared memory word by word, while `fill` copies it as C does, and costs more to call. */
const MAX_LENGTH_BY_SET = 1536;
/** Payloads that are remembered, a power of two: as many as a batch may have to be copied without calls. */
const PLACES = 256;

/**
 * Of the payloads that are new to their place, only one in this many is remembered. Remembering costs the garbage collector work, and a
 * producer that sends a new array each time would pay it for every message. Not a power of two, because batches are.
 */
const STRANGERS_PER_NOTE = 17;

/**
 * Bytes of memory that remembered payloads may lie in: remembering a payload keeps all of its memory alive. Four times the most that the
 * payloads themselves can take, so that a batch from Node's pool (64 KiB from Node 24 on) fits.
 */
const MAX_HELD_LENGTH: number = 4 * PLACES * MAX_LENGTH_BY_WORDS;

const NO_PAYLOAD: Uint8Array = new Uint8Array(0);
const NO_WORDS: BigInt64Array = new BigInt64Array(0);

/**
 * Copies payloads into a lane. A producer that sends from the same short arrays again and again, filled anew, as fast ones
 * do, has them copied without a call. Each call of `set` also stores to the stack, and all stores wait in one queue while the lane's
 * cache lines move from the consumer's core.
 */
export class PayloadCopier {
  /** What is remembered of each place of a batch, and the same by words once it has come again: that costs a view. */
  private readonly payloads: Uint8Array[] = new Array(PLACES).fill(NO_PAYLOAD);
  private readonly views: BigInt64Array[] = new Array(PLACES).fill(NO_WORDS);
  private strangers = 0;
  /** Bytes that are held, at most: memory counts again when it comes again after another. */
  private heldLength = 0;
  private lastMemory: ArrayBufferLike | undefined;

  /** Both view the same memory from its start. */
  constructor(
    private readonly words: BigInt64Array,
    private readonly bytes: Buffer,
  ) {}

  /**
   * Copies a payload of `length` bytes, which is the `index`th of its batch, to byte `start`, a multiple of 8, and touches nothing else.
   * From `MAX_LENGTH_BY_WORDS` on that must be its true length; of a shorter one it is checked.
   * Allocates a view when a short array has come again and again. @throws HermesError ERR_HERMES_INVALID_OPTION
   */
  copy(payload: Uint8Array, length: number, start: number, index: number): void {
    if (length > MAX_LENGTH_BY_WORDS) {
      if (length > MAX_LENGTH_BY_SET) this.bytes.fill(payload, start, start + length);
      else this.bytes.set(payload, start);
      return;
    }
    const place = index & (PLACES - 1);
    const view = this.views[place]!; // its length is 0 once its memory was transferred
    const count = length >>> 3;
    if (payload !== this.payloads[place] || view.length !== count || count === 0) {
      this.copyAndRemember(payload, length, start, place);
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

  private copyAndRemember(payload: Uint8Array, length: number, start: number, place: number): void {
    checkLength(payload, length);
    this.bytes.set(payload, start);
    if (length < 8) return;
    if (payload === this.payloads[place]) {
      const offset = trueStart(payload);
      if (offset % 8 === 0) this.views[place] = new BigInt64Array(trueMemory(payload), offset, length >>> 3);
    } else if (++this.strangers === STRANGERS_PER_NOTE) {
      this.strangers = 0;
      this.remember(payload, place);
    }
  }

  private remember(payload: Uint8Array, place: number): void {
    const memory = trueMemory(payload) as ArrayBufferLike & {
      readonly resizable?: boolean;
      readonly growable?: boolean;
    };
    if (memory.resizable === true || memory.growable === true || memory.byteLength > MAX_HELD_LENGTH) return;
    if (memory !== this.lastMemory) {
      if (this.heldLength + memory.byteLength > MAX_HELD_LENGTH) this.forgetAll();
      this.heldLength += memory.byteLength;
      this.lastMemory = memory;
    }
    this.payloads[place] = payload;
    this.views[place] = NO_WORDS;
  }

  private forgetAll(): void {
    this.payloads.fill(NO_PAYLOAD);
    this.views.fill(NO_WORDS);
    this.heldLength = 0;
  }
}
