import { comparedCount, totalCount, type Workload } from './bench.js';
import { PayloadVerifier } from './payload.js';

/** A moment of the monotonic clock from which both ends count. */
export function clockOrigin(): bigint {
  return process.hrtime.bigint();
}

/**
 * Nanoseconds since an origin, of this or another process. `BigInt.asIntN` lets V8 keep the difference in a register: a
 * loop that looks at the clock makes no garbage, whose collection would be measured with it.
 */
export function nsSince(origin: bigint): number {
  return Number(BigInt.asIntN(64, process.hrtime.bigint() - origin));
}

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

/** Of whoever pings. */
export interface TripsResult {
  /** Nanoseconds of each round trip after the warm-up: the parent process makes the histogram, because loading the library takes a while. */
  readonly tripsNs: Float64Array;
  readonly received: number;
  readonly faults: number;
}

/** Round trips, one under way at a time: verifies each reply, and records how long it took once warm. */
export class Trips {
  private readonly tripsNs: Float64Array;
  private readonly verifier: PayloadVerifier = new PayloadVerifier();
  private readonly origin: bigint = clockOrigin();
  private startNs = 0;
  private received = 0;
  private faults = 0;
  private readonly total: number;
  private readonly comparedCount: number;

  constructor(private readonly workload: Workload) {
    this.total = totalCount(workload);
    this.comparedCount = comparedCount(workload);
    this.tripsNs = new Float64Array(workload.messageCount);
  }

  /** The number of the trip that is under way, or is the next. */
  get number(): number {
    return this.received;
  }

  get isComplete(): boolean {
    return this.received >= this.total;
  }

  begin(): void {
    this.startNs = nsSince(this.origin);
  }

  end(buffer: Buffer, offset: number, length: number): void {
    const tripNs = nsSince(this.origin) - this.startNs;
    const { payloadLength, warmUpCount } = this.workload;
    if (length !== payloadLength || !this.verifier.isSound(buffer, offset, length, this.received)) this.faults++;
    else if (this.received < this.comparedCount && !this.verifier.isFilled(buffer, offset, length)) this.faults++;
    // Also in the warm-up, so that V8 knows all that is done: in the place of the first that counts.
    this.tripsNs[Math.max(this.received - warmUpCount, 0)] = tripNs;
    this.received++;
  }

  result(): TripsResult {
    return { tripsNs: this.tripsNs, received: this.received, faults: this.faults };
  }
}
