import { setTimeout } from 'node:timers/promises';
import { attachConsumer, type Message } from '../../../src/index.js';
import { DEFAULT_JOURNAL, QUEUE_JOURNAL } from '../journal.js';
import { DEFAULT_LIMIT, QUEUE_GROUP, QUEUE_LIMIT, SEGMENT } from '../life-command.js';
import { readTorturePayload } from '../torture-payload.js';
import type { Living } from './living.js';

const IDLE_MS = 3;
const LONGEST_HOLD_MS = 30;

/** The member of `default`, or one of `queue`: journals each message before its handler returns. */
export async function consume(living: Living): Promise<void> {
  const { role, life, directory } = living.command;
  const isQueue = role === 'queue';
  const journal = living.journal(isQueue ? QUEUE_JOURNAL : DEFAULT_JOURNAL);
  const limit = isQueue ? QUEUE_LIMIT : DEFAULT_LIMIT;
  const options = isQueue ? { directory, group: QUEUE_GROUP } : { directory };
  const consumer = await living.patiently(() => attachConsumer(SEGMENT, options));
  if (consumer === undefined) return;
  const handle = (message: Message) => {
    living.dawdle();
    const { life: producer, number, isWhole } = readTorturePayload(message);
    journal.append(life, message.lane, message.sequence, producer, number, isWhole ? 1 : 0, message.redelivered ? 1 : 0);
    living.dawdle();
  };
  while (!living.isOver) {
    let count: number;
    if (living.random() < 0.7) {
      count = consumer.poll(handle, limit);
    } else {
      count = consumer.read(handle, limit);
      if (count > 0 && living.random() < 0.3) await setTimeout(living.random() * LONGEST_HOLD_MS);
      consumer.acknowledge();
    }
    await setTimeout(count > 0 ? 0 : IDLE_MS);
  }
  consumer.detach();
}
