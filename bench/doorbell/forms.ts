import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { attachConsumer, attachProducer, type Consumer, type Message } from 'hermes-ipc';
import { awaitStart, runChildren } from '../../src/tools/bench/child.js';
import { emptyPayload } from '../../src/tools/bench/numbered-payload.js';
import { leaseSegment } from '../../src/tools/bench/segment-lease.js';
import { textTable } from '../../src/tools/text-table.js';
import { makeScratch, type Scratch } from '../runner/bench.js';
import { isProgram, startRole } from '../runner/role.js';
import { spreadOf, spreadText } from '../runner/rounds.js';

// What the asynchronous forms carry beside poll, or offerBatch, between two processes at full load, in rounds that take turns.
// node dist/bench/doorbell/forms.js [rounds] [messages]

/** Forms to receive, and to send while the other end polls. The first is what the others are compared with. */
const FORMS = ['poll', 'batches', 'for await', 'readable', 'pipeline'] as const;
const SENDING = ['send', 'writable'] as const;

const never = new AbortController().signal;

async function compare(rounds: number, messageCount: number): Promise<void> {
  using scratch = makeScratch();
  const results = new Map<string, { rate: number; ratio: number; lateP99Ms: number }[]>();
  const note = (name: string, { rate, lateP99Ms }: { rate: number; lateP99Ms: number }, base: number) =>
    results.set(name, [...(results.get(name) ?? []), { rate, ratio: rate / base, lateP99Ms }]);
  for (let round = 0; round < rounds; round++) {
    let base = 0;
    for (const form of FORMS) {
      const result = await measure(scratch, messageCount, 'offerBatch', form);
      base ||= result.rate;
      note(form, result, base);
    }
    for (const form of SENDING) note(`${form} → poll`, await measure(scratch, messageCount, form, 'poll'), base);
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  const text = (values: number[]) => spreadText(spreadOf(values), (value) => value.toFixed(2));
  const rows = [...results].map(([form, found]) => [
    form,
    text(found.map(({ rate }) => rate)),
    text(found.map(({ ratio }) => ratio)),
    text(found.map(({ lateP99Ms }) => lateP99Ms)),
  ]);
  process.stdout.write(textTable(['64 B PAYLOAD', 'M/s', '/ POLL', '10 ms TIMER LATE, P99 ms'], rows));
}

async function measure(
  { directory }: Scratch,
  messageCount: number,
  sending: string,
  receiving: string,
): Promise<FormResult & { rate: number }> {
  using segment = leaseSegment({ directory, producers: 1, maxGroups: 1, members: 1 });
  const task = { segment: segment.name, directory, messageCount };
  const tasks: FormTask[] = [
    { ...task, end: 'consumer', form: receiving },
    { ...task, end: 'producer', form: sending },
  ];
  const [consumer] = await runChildren(
    tasks.map((each) => startRole<FormResult>('form', each)),
    never,
  );
  return { ...consumer!, rate: messageCount / consumer!.seconds / 1e6 };
}

/** One process of a measurement of the ways to receive, or to send. */
interface FormTask {
  readonly end: 'producer' | 'consumer';
  /** Of the consumer: see `RECEIVING`; of the producer: see `SENDING`. */
  readonly form: string;
  readonly segment: string;
  readonly directory: string;
  readonly messageCount: number;
}

interface FormResult {
  readonly seconds: number;
  /** Milliseconds by which a timer of 10 ms was late, at the 99th percentile. */
  readonly lateP99Ms: number;
}

const PAYLOAD_LENGTH = 64;
const BATCH_COUNT = 16;
const TIMER_MS = 10;

/** Counts, and looks at a byte, so that something is read. */
let received = 0;
let sum = 0;
const take = (message: Message) => {
  sum += message.buffer[message.offset]!;
  received++;
};

/** The ways to receive all messages. A turn of the event loop after each thousand polls, as a careful user would give it. */
const RECEIVING: Readonly<Record<string, (consumer: Consumer, messageCount: number) => Promise<void>>> = {
  async poll(consumer, messageCount) {
    while (received < messageCount) {
      if (consumer.poll(take) === 0) await consumer.waitAsync();
      else if (received % 65_536 < 256) await new Promise(setImmediate);
    }
  },
  async batches(consumer, messageCount) {
    for await (const batch of consumer.batches(256)) {
      for (const message of batch) take(message);
      if (received === messageCount) return;
    }
  },
  async 'for await'(consumer, messageCount) {
    for await (const message of consumer) {
      take(message);
      if (received === messageCount) return;
    }
  },
  async readable(consumer, messageCount) {
    const readable = consumer.readable();
    for await (const payload of readable as AsyncIterable<Buffer>) {
      sum += payload[0]!;
      if (++received === messageCount) return;
    }
  },
  async pipeline(consumer, messageCount) {
    const readable = consumer.readable();
    const count = new Writable({
      objectMode: true,
      write(payload: Buffer, _, callback) {
        sum += payload[0]!;
        if (++received === messageCount) readable.push(null);
        callback();
      },
    });
    await pipeline(readable, count);
  },
};

/** Plays an end, as a process of its own. */
export function formEnd(task: FormTask): Promise<FormResult> {
  return task.end === 'producer' ? produce(task) : consume(task);
}

async function produce({ form, segment, directory, messageCount }: FormTask): Promise<FormResult> {
  using producer = attachProducer(segment, { directory });
  await awaitStart();
  const payload = emptyPayload(PAYLOAD_LENGTH);
  const start = performance.now();
  if (form === 'send') {
    for (let sent = 0; sent < messageCount; sent++) await producer.send(payload);
  } else if (form === 'writable') {
    const writable = producer.writable();
    for (let sent = 0; sent < messageCount; sent++) {
      if (!writable.write(payload)) await new Promise((resolve) => writable.once('drain', resolve));
    }
    await new Promise<void>((resolve) => writable.end(resolve));
  } else {
    const batch = Array.from({ length: BATCH_COUNT }, () => payload);
    for (let sent = 0; sent < messageCount; ) {
      sent += producer.offerBatch(sent + BATCH_COUNT > messageCount ? batch.slice(0, messageCount - sent) : batch);
    }
  }
  return { seconds: (performance.now() - start) / 1000, lateP99Ms: 0 };
}

async function consume({ form, segment, directory, messageCount }: FormTask): Promise<FormResult> {
  const consumer = attachConsumer(segment, { directory });
  await awaitStart();
  await consumer.waitAsync();
  const delay = monitorEventLoopDelay({ resolution: TIMER_MS });
  delay.enable();
  const start = performance.now();
  await RECEIVING[form]!(consumer, messageCount);
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  if (sum === 0) throw new Error('nothing was read');
  return { seconds, lateP99Ms: Math.max(0, delay.percentile(99) / 1e6 - TIMER_MS) };
}

if (isProgram(import.meta.url)) {
  const [rounds = 5, messageCount = 3_000_000] = process.argv.slice(2).map(Number);
  await compare(rounds, messageCount);
}
