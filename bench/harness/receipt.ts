import { clockOrigin, nsSince } from './clock.js';
import { PayloadVerifier } from './payload.js';
import { totalCount, type Workload } from './workload.js';

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
  private origin = 0n;
  private readonly verifier: PayloadVerifier = new PayloadVerifier();
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
    if (length !== payloadLength || !this.verifier.isSound(buffer, offset, length, number)) this.faults++;
    else if (number < warmUpCount && !this.verifier.isFilled(buffer, offset, length)) this.faults++;
    if (number === warmUpCount) this.origin = clockOrigin();
    this.received = number + 1;
  }

  result(): ReceiptResult {
    return { elapsedNs: nsSince(this.origin), received: this.received, faults: this.faults };
  }
}
