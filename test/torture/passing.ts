import { setTimeout } from 'node:timers/promises';
import { attachConsumer, attachProducer, type Consumer, type ConsumerOptions, type Message } from '../../src/index.js';
import { LANES, SEGMENT } from './life-command.js';
import type { Living } from './living.js';
import { Traffic } from './producing.js';
import { readTorturePayload } from './torture-payload.js';

const PAUSE_MS = 5;
const LIMIT = 16;

/** Attaches and detaches all the time: a producer, or a member of an ephemeral group of any kind. */
export async function churn(living: Living): Promise<void> {
  const traffic = new Traffic(living);
  const groups: ConsumerOptions[] = [
    { group: `e${living.command.life}` },
    { group: `o${living.command.life}`, from: 'oldest' },
    { group: 'pool', shared: true, from: 'oldest' },
    { group: `l${living.command.life}`, mode: 'lossy' },
  ];
  while (!living.isOver) {
    const choice = living.random.below(groups.length + 1);
    if (choice < groups.length) await consumeBriefly(living, groups[choice]!);
    else await produceBriefly(living, traffic);
    await setTimeout(living.random.fraction() * PAUSE_MS);
  }
}

async function produceBriefly(living: Living, traffic: Traffic): Promise<void> {
  const producer = await living.patiently(() => attachProducer(SEGMENT, { directory: living.command.directory }));
  if (producer === undefined) return;
  for (let i = living.random.upTo(3); i > 0; i--) {
    await traffic.step(producer);
    await setTimeout(living.random.fraction() * PAUSE_MS);
  }
  producer.detach();
}

async function consumeBriefly(living: Living, options: ConsumerOptions): Promise<void> {
  const { directory } = living.command;
  const consumer = await living.patiently(() => attachConsumer(SEGMENT, { ...options, directory }));
  if (consumer === undefined) return;
  const check = new OrderCheck(consumer.group, options.shared !== true);
  for (let i = living.random.upTo(5); i > 0; i--) {
    check.poll(consumer, LIMIT);
    await setTimeout(living.random.fraction() * PAUSE_MS);
  }
  consumer.detach();
}

/** The lossy observer. */
export async function observe(living: Living): Promise<void> {
  const { directory } = living.command;
  const options = { directory, group: 'observer', mode: 'lossy' } as const;
  const consumer = await living.patiently(() => attachConsumer(SEGMENT, options));
  if (consumer === undefined) return;
  const check = new OrderCheck('observer', true);
  while (!living.isOver) await setTimeout(check.poll(consumer, LIMIT) > 0 ? 2 : living.random.fraction() * 20);
  consumer.detach();
}

/** Each message whole, and the sequences of each lane without a gap but for those that `lost` names. */
class OrderCheck {
  private readonly next: number[] = Array.from({ length: LANES }, () => -1);

  constructor(
    private readonly group: string,
    private readonly hasOrder: boolean,
  ) {}

  poll(consumer: Consumer, limit: number): number {
    return consumer.poll((message) => this.check(message), limit);
  }

  private check(message: Message): void {
    const { lane, sequence, lost } = message;
    const where = `${this.group}, lane ${lane}, sequence ${sequence}`;
    if (!readTorturePayload(message).isWhole) throw new Error(`${where}: the payload is not that of the message`);
    const expected = this.next[lane]!;
    if (this.hasOrder && expected !== -1 && sequence !== expected + lost) {
      throw new Error(`${where}: after ${expected - 1}, with ${lost} lost`);
    }
    this.next[lane] = sequence + 1;
  }
}
