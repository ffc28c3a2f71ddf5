import { clockOrigin, nsSince } from './clock.js';
import { PayloadVerifier } from './payload.js';
import { comparedCount, totalCount, type Workload } from './workload.js';

/** Of whoever pings. */
export interface TripsResult {
  /** Nanoseconds of each round trip after the warm-up: the histogram is made by who starts the processes, as loading it takes a while. */
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
