import { INSPECT, type Inspect, inspected } from '../hidden-fields.js';
import { RECORD_HEADER_LENGTH, RECORD_SEQUENCE_OFFSET, RECORD_TIMESTAMP_OFFSET } from '../layout/record.js';

import { wholeSequence } from './head.js';

// From the payload's offset back to fields of its header.
const SEQUENCE_DISTANCE: number = RECORD_HEADER_LENGTH - RECORD_SEQUENCE_OFFSET;
const TIMESTAMP_DISTANCE: number = RECORD_HEADER_LENGTH - RECORD_TIMESTAMP_OFFSET;

/**
 * A message. The one that a handler is given is used again and again: it is valid until the handler returns, and so is
 * everything read in place through it; keep `copy()`. Those of the asynchronous forms are copies, and yours to keep: short ones share
 * memory of a few KiB, which is kept as long as any of them, and cannot be transferred to another thread; `copy()` stands alone.
 */
export class Message<T = Buffer> {
  /** Type of the message: 1–239, the producer's choice. */
  type = 0;
  /** The lane that it came through: 0–255. */
  lane = 0;
  /** Payload, bytes. */
  length = 0;
  /** Where the payload starts in `buffer`. */
  offset = 0;
  /** Lossy groups: messages of this lane that were overwritten unread just before this one. Otherwise 0. */
  lost = 0;
  /** Shared groups: it may have been handled before, by a member that died or whose handler threw. */
  redelivered = false;

  // Of no use to whoever prints, clones or compares a message: it may be all of the segment.
  readonly #buffer: Buffer;
  readonly #words: Int32Array;
  readonly #times: BigInt64Array;
  readonly #decode: (payload: Buffer) => T;

  /** @internal */
  constructor(buffer: Buffer, words: Int32Array, times: BigInt64Array, decode: (payload: Buffer) => T) {
    this.#buffer = buffer;
    this.#words = words;
    this.#times = times;
    this.#decode = decode;
  }

  /** The memory that the payload lies in: read `length` bytes from `offset`. Reading here copies and allocates nothing. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** @internal the same memory */
  get words(): Int32Array {
    return this.#words;
  }

  /** @internal the same memory */
  get times(): BigInt64Array {
    return this.#times;
  }

  /** Number of the message in its lane, from 0, without gap or repeat. */
  get sequence(): number {
    const index = (this.offset - SEQUENCE_DISTANCE) / 4;
    return wholeSequence(this.#words[index + 1]!, this.#words[index]!);
  }

  /** When it was published: nanoseconds since the Unix epoch; 0n in a segment without timestamps. Allocates a BigInt. */
  get timestamp(): bigint {
    return this.#times[(this.offset - TIMESTAMP_DISTANCE) / 8]!;
  }

  /**
   * The payload in place, as a view. Allocates the view. Do not keep that of a message in a handler, nor post it to another thread: it is
   * the segment's memory itself, and its buffer the whole segment.
   */
  get payload(): Buffer {
    return this.#buffer.subarray(this.offset, this.offset + this.length);
  }

  /**
   * What the payload means to the consumer's codec: decoded anew at each access. With the default codec, `bytes`, it is the
   * payload. @throws what the codec throws
   */
  get value(): T {
    return this.#decode(this.payload);
  }

  /** The payload, copied: yours to keep, in memory of its own. Allocates `length` bytes. */
  copy(): Buffer {
    return copyOf(this.payload);
  }

  /** What `JSON.stringify` writes: the payload as a Buffer, or with a codec the value, which that decodes. @throws what the codec throws */
  toJSON(): MessageJson {
    const content = this.#decode === (asBytes as unknown) ? { payload: this.copy() } : { value: this.value };
    return { ...headerOf(this), timestamp: this.timestamp.toString(), ...content };
  }

  /** @internal what `console.log` prints: of a message that is used again, what it holds at present */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    if (this.offset === 0) return inspected('Message', {}, depth, options, inspect); // it was never filled
    let content: object = { payload: this.payload };
    try {
      if (this.#decode !== (asBytes as unknown)) content = { value: this.value };
    } catch {
      // Whoever prints a message is not to be stopped by a payload that the codec cannot read.
    }
    const values = { ...headerOf(this), timestamp: this.timestamp, ...content };
    return inspected('Message', values, depth, options, inspect);
  }
}

// No private method: each message would be marked as one that has it, when it is made.
function headerOf(message: Message<unknown>): Omit<MessageJson, 'timestamp'> {
  const { lane, type, sequence, length, lost, redelivered } = message;
  return { lane, type, sequence, length, ...(lost > 0 ? { lost } : {}), ...(redelivered ? { redelivered } : {}) };
}

/** A message as JSON has it. */
export interface MessageJson {
  readonly lane: number;
  readonly type: number;
  readonly sequence: number;
  /** Nanoseconds since the Unix epoch, in decimal. */
  readonly timestamp: string;
  /** Of the payload: bytes. */
  readonly length: number;
  /** Of a lossy group, where messages were lost just before. */
  readonly lost?: number;
  /** Where it is. */
  readonly redelivered?: boolean;
  /** Without a codec. */
  readonly payload?: Buffer;
  /** With one. */
  readonly value?: unknown;
}

/** Bytes, copied to memory of their own: `Buffer.from` would cut it from the pool of the whole process. */
export function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}

/** The payload as it is, as a view: what `value` is without a codec. */
export function asBytes(payload: Buffer): Buffer {
  return payload;
}

/**
 * Handles one message, and is done when it returns. What it throws reaches the caller of `poll`; the message is then not
 * acknowledged. One that returns before it is done is refused, likewise: nobody would wait for it.
 */
export type MessageHandler<T = Buffer> = (message: Message<T>) => void;
