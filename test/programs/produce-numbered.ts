import { attachProducer, type Claim, type Producer } from '../../src/index.js';
import { MOST_UNNOTED, PublishedCount, typeOfGeneration } from '../processes/succession.js';
import { attachWhenFree } from '../support/attaching.js';
import { numberedLength, numberedPayload } from '../support/numbered-payload.js';
import { sleep, yieldToEvents } from '../support/pausing.js';
import { Random } from '../support/random.js';
import { report, runCommand } from '../support/reporting.js';

/** Produces until it is killed, in every way that there is, and pauses where a claim is open. */
export interface ProduceNumbered {
  readonly segment: string;
  readonly directory: string;
  readonly generation: number;
  /** Where the published messages are counted: see `succession.ts`. */
  readonly countsFile: string;
  /** Sleeps this long after each step: 0 for as fast as it can. */
  readonly paceMs: number;
  /** With a journal in its path. */
  readonly journal?: string;
}

/** The kind of report that says that it has attached; its value is the lane. */
export const ATTACHED = 'attached';

const WRONG_BYTE = 0xee;

runCommand<ProduceNumbered>(async (command) => {
  const { segment, directory, generation } = command;
  const counts = new PublishedCount(command.countsFile, generation);
  const { journal } = command;
  const producer = attachWhenFree(
    () => attachProducer(segment, { directory, journal }),
    journal === undefined ? 'ERR_HERMES_NO_FREE_LANE' : 'ERR_HERMES_BUSY',
  );
  report(ATTACHED, producer.lane);
  const traffic = new Traffic(producer, generation);
  for (;;) {
    const before = traffic.published;
    traffic.step();
    if (traffic.published === before) sleep(1);
    else counts.note(traffic.published);
    if (command.paceMs > 0) sleep(command.paceMs);
    await yieldToEvents();
  }
});

/** Publishes at most MOST_UNNOTED messages a step, each step in another way. */
class Traffic {
  published = 0;
  private readonly random: Random;
  private readonly type: number;

  constructor(
    private readonly producer: Producer,
    private readonly generation: number,
  ) {
    this.random = new Random(generation);
    this.type = typeOfGeneration(generation);
  }

  step(): void {
    const choice = this.random.fraction();
    if (choice < 0.4) this.offerSome();
    else if (choice < 0.7) this.offerBatch();
    else this.claimOne();
  }

  private offerSome(): void {
    const count = this.random.upTo(16);
    for (let i = 0; i < count; i++) {
      if (this.producer.offer(numberedPayload(this.generation, this.published), this.type) < 0) return;
      this.published++;
    }
  }

  private offerBatch(): void {
    const count = this.random.upTo(MOST_UNNOTED);
    const payloads = Array.from({ length: count }, (_, i) => numberedPayload(this.generation, this.published + i));
    this.published += this.producer.offerBatch(payloads, this.type);
  }

  /** Writes something wrong first, so that whoever sees the claim too early does not take it for the message. */
  private claimOne(): void {
    const length = numberedLength(this.generation, this.published);
    const claim = this.producer.tryClaim(length, this.type);
    if (claim === null) return;
    claim.view.fill(WRONG_BYTE);
    this.pause();
    if (this.random.fraction() < 0.2) {
      claim.abort();
    } else {
      this.fill(claim);
      this.pause();
      claim.commit();
      this.published++;
    }
  }

  private fill(claim: Claim): void {
    const payload = numberedPayload(this.generation, this.published);
    const half = payload.length >>> 1;
    claim.view.set(payload.subarray(0, half));
    this.pause();
    claim.view.set(payload.subarray(half), half);
  }

  private pause(): void {
    if (this.random.fraction() < 0.5) sleep(this.random.fraction());
  }
}
