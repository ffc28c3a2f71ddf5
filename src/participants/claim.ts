import { hideFields, INSPECT, type Inspect, inspected } from '../hidden-fields.js';
import { recordLength } from '../layout/record.js';
import type { LaneWriter } from '../ring/lane-writer.js';

/**
 * Room for messages, to be filled in place: write `length` bytes into `buffer` from `offset` on, the next message `stride` bytes further,
 * and so on; then commit. Bytes that you do not write are old bytes of the lane. A producer has one such object, and each claim uses it
 * again.
 */
export class Claim {
  /** Where the first payload starts in `buffer`; a multiple of 32. */
  offset = 0;
  /** Bytes of each payload. */
  length = 0;
  /** Messages. */
  count = 0;

  /** @internal */
  constructor(
    private readonly writer: LaneWriter,
    /** The memory to write to. */
    readonly buffer: Buffer,
  ) {
    hideFields(this, 'offset', 'length', 'count');
  }

  /** @internal */
  open(offset: number, length: number, count: number): void {
    this.offset = offset;
    this.length = length;
    this.count = count;
  }

  /** Bytes from the start of one payload to the start of the next, with the header between them: a multiple of 32. */
  get stride(): number {
    return recordLength(this.length);
  }

  /** The first payload as a view. Allocates the view; it is no longer yours after commit or abort. */
  get view(): Buffer {
    return this.buffer.subarray(this.offset, this.offset + this.length);
  }

  /** Publishes the messages, all at once. @returns the position after them. @throws HermesError ERR_HERMES_INVALID_STATE when it was closed already */
  commit(): number {
    return this.writer.commit();
  }

  /** Gives the messages up: nobody ever sees them. @throws HermesError ERR_HERMES_INVALID_STATE when it was closed already */
  abort(): void {
    this.writer.abort();
  }

  /** @internal what `console.log` prints */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    return inspected('Claim', { ...this, stride: this.stride }, depth, options, inspect);
  }
}
