import { isNumbered } from '../../src/tools/bench/numbered-payload.js';
import { totalCount, type Workload } from './workload.js';

/** Bytes of a numbered payload before and after its filling. */
const NUMBER_LENGTH = 4;
const PATTERN_LENGTH = 4;

/** Of whoever receives. Times are nanoseconds. */
export interface ReceiptResult {
  /** From the first message after the warm-up to the last. */
  readonly elapsedNs: number;
  readonly received: number;
  /** Messages out of their turn, of the wrong length, or with another content than was sent. */
  readonly faults: number;
}

/** Takes the messages of one sender, in order, verifies each, and measures from the end of the warm-up on. */
export class Receipt {
  private received = 0;
  private faults = 0;
  private startNs = 0n;
  private readonly total: number;

  constructor(private readonly workload: Workload) {
    this.total = totalCount(workload);
  }

  get isComplete(): boolean {
    return this.received >= this.total;
  }

  take(buffer: Buffer, offset: number, length: number): void {
    const { payloadLength, warmUpCount } = this.workload;
    const number = this.received;
    if (length !== payloadLength || !isNumbered(buffer, offset, length, number)) this.faults++;
    else if (number < warmUpCount && !isFilled(buffer, offset, length)) this.faults++;
    if (number === warmUpCount) this.startNs = process.hrtime.bigint();
    this.received = number + 1;
  }

  result(): ReceiptResult {
    const elapsedNs = Number(process.hrtime.bigint() - this.startNs);
    return { elapsedNs, received: this.received, faults: this.faults };
  }
}

/** True when all bytes between number and pattern are the same; which one that is, `isNumbered` knows. */
export function isFilled(buffer: Buffer, offset: number, length: number): boolean {
  const end = offset + length - PATTERN_LENGTH;
  for (let i = offset + NUMBER_LENGTH + 1; i < end; i++) if (buffer[i] !== buffer[offset + NUMBER_LENGTH]) return false;
  return true;
}
