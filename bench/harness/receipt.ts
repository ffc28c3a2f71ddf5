import { clockOrigin, nsSince } from './clock.js';
import { PayloadVerifier } from './payload.js';
import { comparedCount, totalCount, type Workload } from './workload.js';

/** Of whoever receives. Times are nanoseconds. */
export interface ReceiptResult {
  /** From the first message after the warm-up to the last. */
  readonly elapsedNs: number;
  readonly received: number;
  /** Messages out of their turn, of the wrong length, or with another content than was sent. */
  readonly faults: number;
}

/** Messages between two marks, less one. */
const MARK_MASK = 0x3ff;

/** Takes the messages of one sender, in order, verifies each, and measures from the end of the warm-up on. */
export class Receipt {
  private received = 0;
  private faults = 0;
  private origin = 0n;
  private readonly verifier: PayloadVerifier = new PayloadVerifier();
  private readonly total: number;
  private readonly comparedCount: number;

  constructor(private readonly workload: Workload) {
    this.total = totalCount(workload);
    this.comparedCount = comparedCount(workload);
  }

  get isComplete(): boolean {
    return this.received >= this.total;
  }

  take(buffer: Buffer, offset: number, length: number): void {
    const { payloadLength, warmUpCount } = this.workload;
    const number = this.received;
    if (length !== payloadLength || !this.verifier.isSound(buffer, offset, length, number)) this.faults++;
    else if (number < this.comparedCount && !this.verifier.isFilled(buffer, offset, length)) this.faults++;
    if ((number & MARK_MASK) === 0 || number === warmUpCount) this.mark(number);
    this.received = number + 1;
  }

  /** The measurement begins at the last mark of the warm-up; it is set before now and then, so that V8 knows how. */
  private mark(number: number): void {
    if (number <= this.workload.warmUpCount) this.origin = clockOrigin();
  }

  result(): ReceiptResult {
    return { elapsedNs: nsSince(this.origin), received: this.received, faults: this.faults };
  }
}
