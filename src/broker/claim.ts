import type { LaneWriter } from '../ring/lane-writer.js';
import type { Ringer } from '../ring/ringer.js';

/**
 * Room for one message, to be filled in place: write `length` bytes into `buffer` from `offset`, then commit.
 * What is not written holds old bytes of the lane. One object per producer, used again by each claim.
 */
export class Claim {
  /** Where the payload starts in `buffer`. */
  offset = 0;
  /** Bytes of the payload. */
  length = 0;

  /** @internal */
  constructor(
    private readonly writer: LaneWriter,
    /** The memory to write to. */
    readonly buffer: Buffer,
    private readonly consumers: Ringer,
  ) {}

  /** @internal */
  open(offset: number, length: number): void {
    this.offset = offset;
    this.length = length;
  }

  /** The payload as a view. Allocates the view; it is no longer yours after commit or abort. */
  get view(): Buffer {
    return this.buffer.subarray(this.offset, this.offset + this.length);
  }

  /** Publishes the message. @returns the position after it. @throws HermesError ERR_HERMES_INVALID_STATE when it was closed already */
  commit(): number {
    const position = this.writer.commit();
    this.consumers.ring();
    return position;
  }

  /** Gives the message up: nothing of it is ever seen. @throws HermesError ERR_HERMES_INVALID_STATE when it was closed already */
  abort(): void {
    this.writer.abort();
  }
}
