import { RECORD_HEADER_LENGTH, RECORD_SEQUENCE_OFFSET, RECORD_TIMESTAMP_OFFSET } from '../layout/record.js';

import { wholeSequence } from './head.js';

// From the payload's offset back to fields of its header.
const SEQUENCE_DISTANCE: number = RECORD_HEADER_LENGTH - RECORD_SEQUENCE_OFFSET;
const TIMESTAMP_DISTANCE: number = RECORD_HEADER_LENGTH - RECORD_TIMESTAMP_OFFSET;

/**
 * A message. The one that a handler is given is used again and again: it is valid until the handler returns, and so is
 * everything read in place through it; keep `copy()`. Those of the asynchronous forms are copies, and yours to keep.
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

  /** @internal */
  constructor(
    /** The memory that the payload lies in: read `length` bytes from `offset`. Reading here copies and allocates nothing. */
    readonly buffer: Buffer,
    /** @internal the same memory */
    readonly words: Int32Array,
    private readonly times: BigInt64Array,
    private readonly decode: (payload: Buffer) => T,
  ) {}

  /** Number of the message in its lane, from 0, without gap or repeat. */
  get sequence(): number {
    const index = (this.offset - SEQUENCE_DISTANCE) / 4;
    return wholeSequence(this.words[index + 1]!, this.words[index]!);
  }

  /** When it was published: nanoseconds since the Unix epoch; 0n in a segment without timestamps. Allocates a BigInt. */
  get timestamp(): bigint {
    return this.times[(this.offset - TIMESTAMP_DISTANCE) / 8]!;
  }

  /** The payload in place, as a view. Allocates the view; do not keep it. */
  get payload(): Buffer {
    return this.buffer.subarray(this.offset, this.offset + this.length);
  }

  /**
   * What the payload means to the consumer's codec: decoded anew at each access. With the default codec, `bytes`, it is the
   * payload. @throws what the codec throws
   */
  get value(): T {
    return this.decode(this.payload);
  }

  /** The payload, copied: yours to keep. Allocates `length` bytes. */
  copy(): Buffer {
    return Buffer.from(this.payload);
  }
}

/** The payload as it is, as a view: what `value` is without a codec. */
export function asBytes(payload: Buffer): Buffer {
  return payload;
}

/** Handles one message. What it throws reaches the caller of `poll`; the message is then not acknowledged. */
export type MessageHandler<T = Buffer> = (message: Message<T>) => void;
