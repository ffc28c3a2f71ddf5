import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { attachConsumer, attachProducer, attachRecorder, openJournal } from '../../src/index.js';

/** A Worker that does things, each with the segment `slots` of a directory of its own, and ends in some way. */
export interface Ending {
  readonly directories: Readonly<Partial<Record<Activity, string>>>;
  readonly end: 'terminated' | 'exit' | 'error' | 'nothing left to do';
}

export type Activity =
  | 'sleeps and detaches'
  | 'sleeps'
  | 'is asleep'
  | 'blocks and detaches'
  | 'blocks'
  | 'blocks, sleeps, and detaches twice'
  | 'detaches in a handler'
  | 'is two participants, who sleep and ring each other'
  | 'goes on and off'
  | 'keeps a journal'
  | 'keeps a journal and detaches'
  | 'records'
  | 'reads a journal';

const { directories, end } = workerData as Ending;
const message = Buffer.alloc(1000);
let options: { directory: string; idle: 'doorbell' };
let journal: { directory: string; sync: 'every' };
const consume = () => attachConsumer('slots', options);
const produce = () => attachProducer('slots', options);

/** Each leaves its participants as they are where it does not detach them. */
const activities: Readonly<Record<Activity, () => void | Promise<void>>> = {
  async 'sleeps and detaches'() {
    const consumer = consume();
    await consumer.waitAsync({ timeout: 5 });
    consumer.detach();
  },
  async sleeps() {
    await consume().waitAsync({ timeout: 5 });
  },
  async 'is asleep'() {
    void consume().waitAsync();
  },
  'blocks and detaches'() {
    const consumer = consume();
    consumer.wait({ timeout: 5 });
    consumer.detach();
  },
  blocks() {
    consume().wait({ timeout: 5 });
  },
  async 'blocks, sleeps, and detaches twice'() {
    const consumer = consume();
    consumer.wait({ timeout: 5 });
    await consumer.waitAsync({ timeout: 5 });
    consumer.detach();
    consumer.detach();
  },
  async 'detaches in a handler'() {
    using producer = produce();
    const consumer = consume();
    await consumer.waitAsync({ timeout: 5 });
    producer.offerBatch([message, message]);
    try {
      consumer.poll(() => consumer.detach());
    } catch {}
  },
  async 'is two participants, who sleep and ring each other'() {
    const [producer, consumer] = [produce(), consume()];
    const woken = consumer.waitAsync();
    producer.offer(message);
    await woken;
    const flushed = producer.flush();
    consumer.poll(() => {});
    await flushed;
  },
  async 'goes on and off'() {
    for (let i = 0; i < 20; i++) {
      using consumer = consume();
      await consumer.waitAsync({ timeout: 1 });
    }
  },
  'keeps a journal'() {
    const producer = attachProducer('slots', { ...options, journal });
    producer.offer(message);
  },
  'keeps a journal and detaches'() {
    using producer = attachProducer('slots', { ...options, journal });
    producer.offer(message);
  },
  async records() {
    const recorder = attachRecorder('slots', { directory: options.directory, to: journal.directory, sync: 'interval' });
    void recorder.run();
    await produce().send(message);
    await setTimeout(20);
  },
  'reads a journal'() {
    {
      using producer = attachProducer('slots', { ...options, journal });
      producer.offer(message);
    }
    const reader = openJournal(journal.directory);
    reader.read(() => {});
  },
};

process.on('warning', (warning) => parentPort!.postMessage(`${warning}`));
for (const [activity, directory] of Object.entries(directories)) {
  options = { directory, idle: 'doorbell' };
  journal = { directory: `${directory}/journal`, sync: 'every' };
  await activities[activity as Activity]();
}
parentPort!.postMessage('ready');
await once(parentPort!, 'message');
if (end === 'terminated') setInterval(() => {}, 1000);
if (end === 'exit') process.exit(0);
if (end === 'error') throw new Error('uncaught');
