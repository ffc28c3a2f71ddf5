import { setTimeout } from 'node:timers/promises';
import { attachProducer, type Producer } from '../../src/index.js';
import { signedPayload } from '../support/numbered-payload.js';
import { report } from '../support/reporting.js';
import { type Journal, OFFERED_JOURNAL } from './journal.js';
import { commonTimeMs, MOST_UNNOTED, type Refusal, SEGMENT } from './life-command.js';
import type { Living } from './living.js';

const PACE_MS = 16;
const REFUSED_MS = 2;
const LONGEST_SLEEP_MS = 20;
/** Milliseconds between two reports of a refusal that lasts. */
const TELLING_MS = 30;

/** Publishes until the end. */
export async function produce(living: Living): Promise<void> {
  const traffic = new Traffic(living);
  const producer = await living.patiently(() => attachProducer(SEGMENT, { directory: living.command.directory }));
  if (producer === undefined) return;
  while (!living.isOver) {
    const isRefused = !(await traffic.step(producer));
    await setTimeout(isRefused ? REFUSED_MS : living.random.fraction() * PACE_MS);
  }
  producer.detach();
}

/** The messages of one life, published in every way that there is. Tells how long they were refused. */
export class Traffic {
  private readonly journal: Journal;
  private published = 0;
  /** The refusal is told up to here; 0 when none is. */
  private toldMs = 0;
  private asked: Producer | undefined;
  /** The producer's acceptance was told. */
  private isAccepted = false;

  constructor(private readonly living: Living) {
    this.journal = living.journal(OFFERED_JOURNAL);
  }

  /** Publishes some messages and notes them. False when the first was refused already. */
  async step(producer: Producer): Promise<boolean> {
    const before = this.published;
    const choice = this.living.random.fraction();
    if (choice < 0.15) await this.sendOne(producer);
    else if (choice < 0.5) this.offerSome(producer);
    else if (choice < 0.8) this.offerBatch(producer);
    else this.claimOne(producer);
    this.tell(producer, this.published === before);
    if (this.published === before) return false;
    this.journal.append(this.living.command.life, producer.lane, this.published);
    return true;
  }

  private tell(producer: Producer, isRefused: boolean): void {
    const nowMs = commonTimeMs();
    if (this.asked !== producer) {
      this.asked = producer;
      this.isAccepted = false;
      this.toldMs = 0;
    }
    if (isRefused && this.toldMs === 0) this.toldMs = nowMs;
    const isOver = !isRefused && (this.toldMs > 0 || !this.isAccepted);
    if (isOver || (isRefused && nowMs - this.toldMs > TELLING_MS)) {
      report('refusal', { lane: producer.lane, fromMs: this.toldMs || nowMs, toMs: nowMs, isOver } satisfies Refusal);
      this.toldMs = isRefused ? nowMs : 0;
    }
    this.isAccepted ||= !isRefused;
  }

  private offerSome(producer: Producer): void {
    const count = this.living.random.upTo(MOST_UNNOTED);
    for (let i = 0; i < count; i++) {
      if (producer.offer(this.payload(this.published)) < 0) return;
      this.published++;
      this.journal.append(this.living.command.life, producer.lane, this.published);
    }
  }

  private offerBatch(producer: Producer): void {
    const count = this.living.random.upTo(MOST_UNNOTED);
    this.published += producer.offerBatch(Array.from({ length: count }, (_, i) => this.payload(this.published + i)));
  }

  /** Sleeps for room, but not for long. */
  private async sendOne(producer: Producer): Promise<void> {
    try {
      await producer.send(this.payload(this.published), { signal: AbortSignal.timeout(LONGEST_SLEEP_MS) });
      this.published++;
    } catch (error) {
      if ((error as Error).name !== 'TimeoutError') throw error;
    }
  }

  private claimOne(producer: Producer): void {
    const payload = this.payload(this.published);
    let claim = producer.tryClaim(payload.length);
    if (claim !== null && this.living.random.fraction() < 0.2) {
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
    return signedPayload(this.living.command.life, number);
  }
}
