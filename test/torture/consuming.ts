import { setTimeout } from 'node:timers/promises';
import { attachConsumer, type Consumer, type Message } from '../../src/index.js';
import { readSigned } from '../support/numbered-payload.js';
import { DEFAULT_JOURNAL, QUEUE_JOURNAL } from './journal.js';
import { DEFAULT_LIMIT, QUEUE_GROUP, QUEUE_LIMIT, SEGMENT } from './life-command.js';
import type { Living } from './living.js';

const IDLE_MS = 3;
const LONGEST_HOLD_MS = 30;
/** Longer than the period of the slow timer, which reaps meanwhile. */
const LONGEST_ORPHAN_HOLD_MS = 350;

/** Asleep, it is killed as well. */
const LONGEST_WAIT_MS = 40;

type Held = Pick<Message, 'lane' | 'sequence' | 'redelivered' | 'buffer' | 'offset' | 'length'>;

function hold({ lane, sequence, redelivered, buffer, offset, length }: Message): Held {
  return { lane, sequence, redelivered, buffer, offset, length };
}

/** Takes what comes for a while; acknowledges before it may be ended, so that nothing comes again without a death. */
async function iterate(consumer: Consumer, limit: number, handle: (message: Message) => void): Promise<void> {
  try {
    for await (const batch of consumer.batches(limit, { signal: AbortSignal.timeout(LONGEST_WAIT_MS) })) {
      batch.forEach(handle);
      consumer.acknowledge();
    }
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') throw error;
  }
}

/** The member of `default`, or one of `queue`: journals each message before its handler returns. */
export async function consume(living: Living): Promise<void> {
  const { role, life, directory } = living.command;
  const isQueue = role === 'queue';
  const journal = living.journal(isQueue ? QUEUE_JOURNAL : DEFAULT_JOURNAL);
  const limit = isQueue ? QUEUE_LIMIT : DEFAULT_LIMIT;
  const options = isQueue ? { directory, group: QUEUE_GROUP } : { directory };
  const consumer = await living.patiently(() => attachConsumer(SEGMENT, options));
  if (consumer === undefined) return;
  const note = (held: Held) => {
    const { stream: producer, number, isWhole } = readSigned(held);
    journal.append(life, held.lane, held.sequence, producer, number, isWhole ? 1 : 0, held.redelivered ? 1 : 0);
  };
  const handle = (message: Message) => {
    living.dawdle();
    note(message);
    living.dawdle();
  };
  while (!living.isOver) {
    let count = 0;
    const choice = living.random.fraction();
    if (choice < 0.2) {
      await iterate(consumer, limit, handle);
      continue;
    }
    if (choice < 0.5) {
      count = consumer.poll(handle, limit);
    } else {
      // Payloads stay in place until they are acknowledged: looked at, and noted, only then.
      const batch: Held[] = [];
      count = consumer.read((message) => batch.push(hold(message)), limit);
      const mostMs = batch[0]?.redelivered && living.random.fraction() < 0.2 ? LONGEST_ORPHAN_HOLD_MS : LONGEST_HOLD_MS;
      if (count > 0 && living.random.fraction() < 0.6) await setTimeout(living.random.fraction() * mostMs);
      for (const held of batch) note(held);
      consumer.acknowledge();
    }
    if (count === 0 && living.random.fraction() < 0.5) await consumer.waitAsync({ timeout: LONGEST_WAIT_MS });
    else await setTimeout(count > 0 ? 0 : IDLE_MS);
  }
  consumer.detach();
}
