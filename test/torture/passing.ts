import { setTimeout } from 'node:timers/promises';
import { attachConsumer, attachProducer, type ConsumerOptions, type Message } from '../../src/index.js';
import { OrderCheck } from '../support/order-check.js';
import { SEGMENT } from './life-command.js';
import type { Living } from './living.js';
import { Traffic } from './producing.js';

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
  const check = new OrderCheck({ isShared: options.shared === true, changesLanes: true });
  const take = (message: Message) => check.take(message);
  for (let i = living.random.upTo(5); i > 0; i--) {
    consumer.poll(take, LIMIT);
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
  const check = new OrderCheck({ isShared: false, changesLanes: true });
  const take = (message: Message) => check.take(message);
  while (!living.isOver) await setTimeout(consumer.poll(take, LIMIT) > 0 ? 2 : living.random.fraction() * 20);
  consumer.detach();
}
