import { setImmediate } from 'node:timers/promises';
import { attachConsumer, type Consumer, type Message } from '../../src/index.js';
import { attachWhenFree } from '../support/attaching.js';
import { OrderCheck } from '../support/order-check.js';
import { sleep } from '../support/pausing.js';
import { Random } from '../support/random.js';
import { report } from '../support/reporting.js';
import { Ledger } from './ledger.js';
import { type ConsumerCommand, GROUPS, SEGMENT } from './stress-command.js';

const LIMIT = 16;
const DAWDLING_SHARE = 0.002;
const LONGEST_DAWDLE_MS = 2;

/** Consumes until it is killed: checks every message, and notes it in the ledger before it is acknowledged. */
export async function consume(command: ConsumerCommand): Promise<void> {
  const { directory, idle, group, way } = command;
  const options = { ...GROUPS[group]!, directory, idle };
  const ledger = Ledger.open(command.ledgerFile);
  const random = new Random(command.seed);
  const consumer = attachWhenFree(() => attachConsumer(SEGMENT, options), 'ERR_HERMES_NO_FREE_MEMBER');
  report('attached');
  const check = new OrderCheck({ isShared: options.shared === true });
  await ways[way](consumer, (message) => {
    check.take(message);
    ledger.noteHandled(group, message.lane, message.sequence);
    if (random.fraction() < DAWDLING_SHARE) sleep(random.fraction() * LONGEST_DAWDLE_MS); // killed here, it comes again
  });
}

type Handle = (message: Message) => void;

const ways: Record<ConsumerCommand['way'], (consumer: Consumer, handle: Handle) => Promise<void>> = {
  async 'for await'(consumer, handle) {
    for await (const message of consumer) handle(message);
  },
  async batches(consumer, handle) {
    for await (const batch of consumer.batches(LIMIT)) batch.forEach(handle);
  },
  async waitAsync(consumer, handle) {
    for (;;) {
      await consumer.waitAsync();
      while (consumer.poll(handle, LIMIT) > 0);
    }
  },
  async wait(consumer, handle) {
    for (;;) {
      consumer.wait();
      while (consumer.poll(handle, LIMIT) > 0);
      await setImmediate(); // whoever started this may be gone
    }
  },
};
