import { INSPECT, type Inspect, inspected } from '../hidden-fields.js';
import { RECORD_HEADER_LENGTH, RECORD_SEQUENCE_OFFSET, RECORD_TIMESTAMP_OFFSET } from '../layout/record.js';

import { wholeSequence } from './head.js';

// From the payload's offset back to fields of its header.
const SEQUENCE_DISTANCE: number = RECORD_HEADER_LENGTH - RECORD_SEQUENCE_OFFSET;
const TIMESTAMP_DISTANCE: number = RECORD_HEADER_LENGTH - RECORD_TIMESTAMP_OFFSET;

/**
 * A message. A handler gets the same object for each message: it is valid until the handler returns, and so is everything read in place
 * through it; keep `copy()`. The asynchronous forms give copies that are yours to keep. Short copies share memory of a few KiB, which
 * stays as long as any of them and cannot be transferred to another thread; `copy()` has memory of its own.
 */
export class Message<T = Buffer> {
  /** Type of the message, 1–239: the producer chooses it. */
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

  // Hidden from printing, cloning and comparing: it may be the whole segment.
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
   * The payload in place, as a view. Allocates the view. In a handler, do not keep the view or post it to another thread: it is the
   * segment's own memory, and its buffer is the whole segment.
   */
  get payload(): Buffer {
    return this.#buffer.subarray(this.offset, this.offset + this.length);
  }

  /**
   * The value that the consumer's codec decodes from the payload, anew at each access. With the default codec, `bytes`, it is the
   * payload. @throws what the codec throws
   */
  get value(): T {
    return this.#decode(this.payload);
  }

  /** A copy of the payload in memory of its own, yours to keep. Allocates `length` bytes. */
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
      // A payload that the codec cannot read must not stop whoever prints a message.
    }
    const values = { ...headerOf(this), timestamp: this.timestamp, ...content };
    return inspected('Message', values, depth, options, inspect);
  }
}

// No private method: V8 would mark each new message as having it.
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
 * Handles one message, and must be done when it returns. What it throws reaches the caller of `poll`, and the message is not
 * acknowledged. A handler that returns a promise counts as one that threw, because nobody would wait for the promise.
 */
export type MessageHandler<T = Buffer> = (message: Message<T>) => void;
