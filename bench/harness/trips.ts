import { createLatencyHistogram, type LatencyHistogram } from '../../src/tools/report/latency-histogram.js';
import { clockOrigin, nsSince } from './clock.js';
import { PayloadVerifier } from './payload.js';
import { totalCount, type Workload } from './workload.js';

/** Of whoever pings. */
export interface TripsResult {
  readonly histogram: ReturnType<LatencyHistogram['snapshot']>;
  readonly received: number;
  readonly faults: number;
}

/** Round trips, one under way at a time: verifies each reply, and records how long it took once warm. */
export class Trips {
  private readonly histogram: LatencyHistogram = createLatencyHistogram();
  private readonly verifier: PayloadVerifier = new PayloadVerifier();
  private readonly origin: bigint = clockOrigin();
  private startNs = 0;
  private received = 0;
  private faults = 0;
  private readonly total: number;

  constructor(private readonly workload: Workload) {
    this.total = totalCount(workload);
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
    else if (this.received < warmUpCount && !this.verifier.isFilled(buffer, offset, length)) this.faults++;
    if (this.received >= warmUpCount) this.histogram.recordValue(tripNs);
    this.received++;
  }

  result(): TripsResult {
    return { histogram: this.histogram.snapshot(), received: this.received, faults: this.faults };
  }
}
