import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { attachConsumer, attachProducer, type Consumer, type Message } from '../../src/index.js';
import { awaitStart, childTask, finish } from '../../src/tools/bench/child.js';
import { emptyPayload } from '../../src/tools/bench/numbered-payload.js';

/** One process of a measurement of the ways to receive, or to send. */
export interface FormTask {
  readonly role: 'producer' | 'consumer';
  /** Of the consumer: see `RECEIVING`; of the producer: see `SENDING`. */
  readonly form: string;
  readonly segment: string;
  readonly directory: string;
  readonly messageCount: number;
}

export interface FormResult {
  readonly seconds: number;
  /** Milliseconds by which a timer of 10 ms was late, at the 99th percentile. */
  readonly lateP99Ms: number;
}

const PAYLOAD_LENGTH = 64;
const BATCH_COUNT = 16;
const TIMER_MS = 10;

const task = childTask<FormTask>();
const options = { directory: task.directory };
/** Counts, and looks at a byte, so that something is read. */
let received = 0;
let sum = 0;
const take = (message: Message) => {
  sum += message.buffer[message.offset]!;
  received++;
};

/** The ways to receive all messages. A turn of the event loop after each thousand polls, as a careful user would give it. */
export const RECEIVING: Readonly<Record<string, (consumer: Consumer) => Promise<void>>> = {
  async poll(consumer) {
    while (received < task.messageCount) {
      if (consumer.poll(take) === 0) await consumer.waitAsync();
      else if (received % 65_536 < 256) await new Promise(setImmediate);
    }
  },
  async batches(consumer) {
    for await (const batch of consumer.batches(256)) {
      for (const message of batch) take(message);
      if (received === task.messageCount) return;
    }
  },
  async 'for await'(consumer) {
    for await (const message of consumer) {
      take(message);
      if (received === task.messageCount) return;
    }
  },
  async readable(consumer) {
    const readable = consumer.readable();
    for await (const payload of readable as AsyncIterable<Buffer>) {
      sum += payload[0]!;
      if (++received === task.messageCount) return;
    }
  },
  async pipeline(consumer) {
    const readable = consumer.readable();
    const count = new Writable({
      objectMode: true,
      write(payload: Buffer, _, callback) {
        sum += payload[0]!;
        if (++received === task.messageCount) readable.push(null);
        callback();
      },
    });
    await pipeline(readable, count);
  },
};

if (task.role === 'producer') await produce();
else await consume();

async function produce(): Promise<void> {
  using producer = attachProducer(task.segment, options);
  await awaitStart();
  const payload = emptyPayload(PAYLOAD_LENGTH);
  const start = performance.now();
  if (task.form === 'send') {
    for (let sent = 0; sent < task.messageCount; sent++) await producer.send(payload);
  } else if (task.form === 'writable') {
    const writable = producer.writable();
    for (let sent = 0; sent < task.messageCount; sent++) {
      if (!writable.write(payload)) await new Promise((resolve) => writable.once('drain', resolve));
    }
    await new Promise<void>((resolve) => writable.end(resolve));
  } else {
    const batch = Array.from({ length: BATCH_COUNT }, () => payload);
    for (let sent = 0; sent < task.messageCount; ) {
      sent += producer.offerBatch(
        sent + BATCH_COUNT > task.messageCount ? batch.slice(0, task.messageCount - sent) : batch,
      );
    }
  }
  finish({ seconds: (performance.now() - start) / 1000, lateP99Ms: 0 } satisfies FormResult);
}

async function consume(): Promise<void> {
  const consumer = attachConsumer(task.segment, options);
  await awaitStart();
  await consumer.waitAsync();
  const delay = monitorEventLoopDelay({ resolution: TIMER_MS });
  delay.enable();
  const start = performance.now();
  await RECEIVING[task.form]!(consumer);
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  if (sum === 0) throw new Error('nothing was read');
  finish({ seconds, lateP99Ms: Math.max(0, delay.percentile(99) / 1e6 - TIMER_MS) } satisfies FormResult);
}
