import { setTimeout } from 'node:timers/promises';
import { attachProducer, type Producer } from '../../../src/index.js';
import { report } from '../../processes/programs/reporting.js';
import { type Journal, OFFERED_JOURNAL } from '../journal.js';
import { type Blocked, commonTimeMs, MOST_UNNOTED, SEGMENT } from '../life-command.js';
import { torturePayload } from '../torture-payload.js';
import type { Living } from './living.js';

const PACE_MS = 16;
const REFUSED_MS = 2;
/** A refusal that lasts is told after so many milliseconds, and again and again. */
const TELLING_MS = 100;

/** Publishes until the end, and says how long it was refused. */
export async function produce(living: Living): Promise<void> {
  const traffic = new Traffic(living);
  const producer = await living.patiently(() => attachProducer(SEGMENT, living.command));
  if (producer === undefined) return;
  let refusedSinceMs = 0;
  let toldMs = 0;
  while (!living.isOver) {
    const isRefused = !traffic.step(producer);
    const nowMs = commonTimeMs();
    if (isRefused && refusedSinceMs === 0) refusedSinceMs = toldMs = nowMs;
    if (refusedSinceMs > 0 && (isRefused ? nowMs - toldMs : nowMs - refusedSinceMs) > TELLING_MS) {
      toldMs = nowMs;
      report('blocked', { fromMs: refusedSinceMs, toMs: nowMs, lane: producer.lane } satisfies Blocked);
    }
    if (!isRefused) refusedSinceMs = 0;
    await setTimeout(isRefused ? REFUSED_MS : living.random() * PACE_MS);
  }
  producer.detach();
}

/** The messages of one life, published in every way that there is. */
export class Traffic {
  private readonly journal: Journal;
  private published = 0;

  constructor(private readonly living: Living) {
    this.journal = living.journal(OFFERED_JOURNAL);
  }

  /** Publishes some messages and notes them. False when the first was refused already. */
  step(producer: Producer): boolean {
    const before = this.published;
    const choice = this.living.random();
    if (choice < 0.5) this.offerSome(producer);
    else if (choice < 0.8) this.offerBatch(producer);
    else this.claimOne(producer);
    if (this.published === before) return false;
    this.journal.append(this.living.command.life, producer.lane, this.published);
    return true;
  }

  private offerSome(producer: Producer): void {
    const count = this.living.upTo(MOST_UNNOTED);
    for (let i = 0; i < count; i++) {
      if (producer.offer(this.payload(this.published)) < 0) return;
      this.published++;
      this.journal.append(this.living.command.life, producer.lane, this.published);
    }
  }

  private offerBatch(producer: Producer): void {
    const count = this.living.upTo(MOST_UNNOTED);
    this.published += producer.offerBatch(Array.from({ length: count }, (_, i) => this.payload(this.published + i)));
  }

  private claimOne(producer: Producer): void {
    const payload = this.payload(this.published);
    let claim = producer.tryClaim(payload.length);
    if (claim !== null && this.living.random() < 0.2) {
      claim.view.fill(0xee);
      claim.abort();
      claim = producer.tryClaim(payload.length);
    }
    if (claim === null) return;
    claim.view.set(payload.subarray(0, payload.length >>> 1));
    this.living.dawdle();
    claim.view.set(payload);
    claim.commit();
    this.published++;
  }

  private payload(number: number): Buffer {
    return torturePayload(this.living.command.life, number);
  }
}
