import { execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { attachConsumer, attachProducer, createSegment } from 'hermes-ipc';
import { awaitStart, runChildren } from '../../src/tools/bench/child.js';
import { textTable } from '../../src/tools/text-table.js';
import { makeScratch } from '../runner/bench.js';
import { type Assignment, CHILD_PROGRAM, isProgram, startRole } from '../runner/role.js';
import { spreadOf, spreadText } from '../runner/rounds.js';

// How long a message takes to a process that sleeps: Hermes beside what else wakes an event loop, in rounds that take turns.
// node dist/bench/doorbell/compare.js [rounds] [messages] [pace in ms]

/** How a message gets from a process that sends at its own pace to one that has nothing else to do. */
interface Way {
  /** In the receiver: calls `onMessage` in the handler of each message. Resolves once it can receive. */
  receive(place: string, onMessage: () => void): Promise<void>;
  /** In the sender, once the receiver can receive: what sends one message. */
  connect(place: string, receiver: ReturnType<typeof fork>): Promise<() => void>;
}

const SEGMENT = 'wake';
const PAYLOAD = Buffer.alloc(64, 0x5a);

/** A bare byte through a FIFO into `net.Socket`: what any wake-up of an event loop costs, the floor. */
const fifo: Way = {
  async receive(place, onMessage) {
    const fd = fs.openSync(place, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    new net.Socket({ fd, readable: true, writable: false }).on('data', (bytes) => bytes.forEach(onMessage));
  },
  async connect(place) {
    const fd = fs.openSync(place, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    const byte = new Uint8Array(1);
    return () => void fs.writeSync(fd, byte);
  },
};

const unixSocket: Way = {
  receive(place, onMessage) {
    let received = 0;
    const server = net.createServer((socket) => {
      socket.on('data', (chunk) => {
        for (received += chunk.length; received >= PAYLOAD.length; received -= PAYLOAD.length) onMessage();
      });
    });
    return new Promise((resolve) => server.listen(`${place}.socket`, resolve));
  },
  async connect(place) {
    const socket = net.connect(`${place}.socket`);
    await new Promise((resolve) => socket.once('connect', resolve));
    return () => void socket.write(PAYLOAD);
  },
};

const processSend: Way = {
  async receive(_, onMessage) {
    process.on('message', onMessage);
  },
  async connect(_, receiver) {
    return () => void receiver.send(PAYLOAD);
  },
};

/** Hermes, by a call that waits and a poll, or by an asynchronous iteration. */
function hermes(idle: 'doorbell' | 'balanced', form: 'waitAsync' | 'for await'): Way {
  return {
    async receive(place, onMessage) {
      const consumer = attachConsumer(SEGMENT, { directory: `${place}.segments`, idle });
      if (form === 'for await') {
        void (async () => {
          for await (const _ of consumer) onMessage();
        })();
      } else {
        void (async () => {
          for (;;) {
            await consumer.waitAsync();
            consumer.poll(onMessage);
          }
        })();
      }
    },
    async connect(place) {
      const producer = attachProducer(SEGMENT, { directory: `${place}.segments` });
      return () => void producer.offer(PAYLOAD);
    },
  };
}

const WAYS: Readonly<Record<string, Way>> = {
  'bare byte, FIFO': fifo,
  'Hermes, doorbell': hermes('doorbell', 'waitAsync'),
  'Hermes, for await': hermes('doorbell', 'for await'),
  'Hermes, balanced': hermes('balanced', 'for await'),
  'Unix socket': unixSocket,
  'process.send': processSend,
};

/** Makes what the ways need at `place`. */
function prepare(place: string): void {
  execFileSync('mkfifo', [place]);
  createSegment(SEGMENT, { directory: `${place}.segments`, producers: 1, maxGroups: 1, members: 1 });
}

interface WakeTask {
  /** The sender measures; the receiver is its child, which it starts. */
  readonly end: 'sender' | 'receiver';
  readonly way: string;
  readonly place: string;
  readonly messageCount: number;
  /** Milliseconds between two messages, on average. */
  readonly paceMs: number;
}

/** Nanoseconds from each send to its handler. */
type WakeResult = number[];

/** Plays an end. What the sender found by comparing the clocks of both. */
export function wakeEnd(task: WakeTask): Promise<WakeResult> {
  return task.end === 'sender' ? send(task) : receive(task);
}

async function receive({ way, place, messageCount }: WakeTask): Promise<never> {
  const times = new BigInt64Array(messageCount);
  let count = 0;
  await WAYS[way]!.receive(place, () => {
    times[count++] = process.hrtime.bigint();
    if (count === messageCount) process.send!(times, () => process.exit());
  });
  process.send!('ready');
  return new Promise(() => {}); // it ends with the last message, or with its parent
}

async function send(task: WakeTask): Promise<WakeResult> {
  const { way, place, messageCount, paceMs } = task;
  const second: Assignment = { role: 'wake', task: { ...task, end: 'receiver' } satisfies WakeTask };
  const receiver = fork(CHILD_PROGRAM, [JSON.stringify(second)], { serialization: 'advanced' });
  spawnSync('taskset', ['-cp', '1', `${receiver.pid}`]);
  await once(receiver, 'message');
  const sendOne = await WAYS[way]!.connect(place, receiver);
  const received = once(receiver, 'message');
  const sent = new BigInt64Array(messageCount);
  await awaitStart();
  await sleep(100); // so that the receiver is asleep
  let dueNs = process.hrtime.bigint();
  for (let number = 0; number < messageCount; number++) {
    // Not in step with anything: from half the pace to one and a half.
    dueNs += BigInt(Math.round(paceMs * 1e6 * (0.5 + Math.random())));
    while (process.hrtime.bigint() < dueNs);
    sent[number] = process.hrtime.bigint();
    sendOne();
    if (way === 'Unix socket' || way === 'process.send') await new Promise(setImmediate); // what they write behind goes out
  }
  const [times] = (await received) as [BigInt64Array];
  return Array.from(sent, (time, number) => Number(times[number]! - time));
}

const WARM_UP_SHARE = 0.1;

const never = new AbortController().signal;

/** Median and 99th percentile of one round, in microseconds. */
async function round(task: WakeTask): Promise<{ p50: number; p99: number }> {
  const [latencies] = await runChildren([startRole<WakeResult>('wake', task)], never);
  const sorted = latencies!.slice(Math.ceil(task.messageCount * WARM_UP_SHARE)).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]! / 1000;
  return { p50: at(0.5), p99: at(0.99) };
}

async function compare(rounds: number, messageCount: number, paceMs: number): Promise<void> {
  using scratch = makeScratch();
  const floorWay = Object.keys(WAYS)[0]!;
  const found = new Map(Object.keys(WAYS).map((way) => [way, [] as { p50: number; p99: number; ratio: number }[]]));
  for (let number = 0; number < rounds; number++) {
    let floor = 0;
    for (const [way, results] of found) {
      const place = scratch.fresh('wake');
      prepare(place);
      const result = await round({ end: 'sender', way, place, messageCount, paceMs });
      if (way === floorWay) floor = result.p50;
      results.push({ ...result, ratio: result.p50 / floor });
    }
    process.stderr.write(`round ${number + 1} of ${rounds}\n`);
  }
  const text = (values: number[]) => spreadText(spreadOf(values), (value) => value.toFixed(2));
  const rows = [...found].map(([way, results]) => [
    way,
    text(results.map(({ p50 }) => p50)),
    text(results.map(({ p99 }) => p99)),
    text(results.map(({ ratio }) => ratio)),
  ]);
  process.stdout.write(textTable(['64 B TO A SLEEPER', 'P50 µs', 'P99 µs', 'P50 / FLOOR'], rows));
}

if (isProgram(import.meta.url)) {
  const [rounds = 5, messageCount = 1000, paceMs = 1] = process.argv.slice(2).map(Number);
  await compare(rounds, messageCount, paceMs);
}
