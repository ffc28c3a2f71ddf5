import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { attachConsumer, attachProducer } from '../../src/index.js';

// A child of system-calls.js: role, directory, segment, number of messages.

const [, , role, directory, segment, messages] = process.argv as string[];
const count = Number(messages);
const PAYLOAD = Buffer.alloc(64);

const roles: Record<string, () => Promise<void>> = {
  async 'sleeping-consumer'() {
    const consumer = attachConsumer(segment!, { directory, group: 'sleeper' });
    settled();
    for await (const _ of consumer);
  },
  async 'sleeping-producer'() {
    const producer = attachProducer(segment!, { directory });
    while (producer.offer(Buffer.alloc(1000)) >= 0);
    settled();
    await producer.send(Buffer.alloc(1000));
  },
  async 'spinning-consumer'() {
    const consumer = attachConsumer(segment!, { directory, idle: 'spin' });
    console.log('ready');
    await once(process.stdin, 'data');
    let received = 0;
    for await (const _ of consumer) if (++received === count) break;
    console.log('done');
    await setTimeout(60_000);
  },
  async 'spinning-producer'() {
    const producer = attachProducer(segment!, { directory, idle: 'spin' });
    console.log('ready');
    await once(process.stdin, 'data');
    for (let i = 0; i < count; i++) await producer.send(PAYLOAD);
    console.log('done');
    await setTimeout(60_000);
  },
};

/** Says so when what starting costs is over. */
function settled(): void {
  global.setTimeout(() => console.log('ready'), 1000);
}

process.once('disconnect', () => process.exit());
await roles[role!]!();
