import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { attachConsumer, attachProducer, attachRecorder, createSegment } from '../../src/index.js';
import { awaitStart, childTask, finish, runChildren, startChild } from '../../src/tools/bench/child.js';
import { textTable } from '../../src/tools/text-table.js';

// What a journal costs a producer: with a consumer alone, with a recorder in its place, and with the journal in its own path.
// Two processes, pinned where that can be done, rounds that take turns.   node dist/bench/journal/producer-cost.js [rounds] [directory]

interface Task {
  readonly role: 'producer' | 'consumer' | 'recorder';
  readonly directory: string;
  readonly journal: string;
  readonly inline: boolean;
}

interface Result {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

const SEGMENT = 'ticks';
const MESSAGE_COUNT = 2_000_000;
const PAYLOAD_LENGTH = 64;
const TURN_COUNT = 1024;

async function produce({ directory, journal, inline }: Task): Promise<Result> {
  const producer = attachProducer(SEGMENT, { directory, journal: inline ? journal : undefined });
  const payload = Buffer.alloc(PAYLOAD_LENGTH, 7);
  await awaitStart();
  const startNs = process.hrtime.bigint();
  for (let sent = 0; sent < MESSAGE_COUNT; sent++) {
    while (producer.offer(payload) < 0);
    if (sent % (64 * TURN_COUNT) === 0) await nextTurn();
  }
  const endNs = process.hrtime.bigint();
  producer.detach();
  return { startNs, endNs };
}

async function consume({ directory }: Task): Promise<Result> {
  const consumer = attachConsumer(SEGMENT, { directory });
  await awaitStart();
  const startNs = process.hrtime.bigint();
  for (let read = 0; read < MESSAGE_COUNT; ) read += consumer.poll(() => {}, TURN_COUNT);
  return { startNs, endNs: process.hrtime.bigint() };
}

async function record({ directory, journal }: Task): Promise<Result> {
  const recorder = attachRecorder(SEGMENT, { directory, to: journal, group: 'default' });
  await awaitStart();
  const startNs = process.hrtime.bigint();
  for (let read = 0, turns = 0; read < MESSAGE_COUNT; turns++) {
    read += recorder.record(TURN_COUNT);
    if (turns % 64 === 0) await nextTurn();
  }
  const endNs = process.hrtime.bigint();
  recorder.detach();
  return { startNs, endNs };
}

async function measure(reader: 'consumer' | 'recorder', inline: boolean, timestamps: boolean): Promise<number> {
  const directory = fs.mkdtempSync(path.join(fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'hermes-bench-'));
  const disk = fs.mkdtempSync(path.join(process.argv[3] ?? os.tmpdir(), 'hermes-bench-'));
  try {
    createSegment(SEGMENT, { directory, producers: 1, timestamps });
    const shape = { directory, journal: path.join(disk, 'journal'), inline };
    const url = new URL(import.meta.url);
    const roles = [reader, 'producer'] as const;
    const children = roles.map((role) => startChild<Result>(url, { ...shape, role } satisfies Task));
    const [read, produced] = await runChildren(children, new AbortController().signal);
    return Number(read!.endNs - produced!.startNs) / MESSAGE_COUNT; // until all was read, or recorded
  } finally {
    fs.rmSync(directory, { recursive: true });
    fs.rmSync(disk, { recursive: true });
  }
}

async function compare(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 5);
  const samples: Record<string, number[]> = { consumer: [], recorder: [], 'journal in its path': [] };
  for (let round = 0; round < rounds; round++) {
    samples.consumer!.push(await measure('consumer', false, true));
    samples.recorder!.push(await measure('recorder', false, true));
    samples['journal in its path']!.push(await measure('consumer', true, true));
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const base = median(samples.consumer!);
  const rows = Object.entries(samples).map(([name, values]) => {
    const ns = median(values);
    return [name, ns.toFixed(0), (1000 / ns).toFixed(2), (ns - base).toFixed(0)];
  });
  process.stdout.write(textTable(['WITH', 'NS', 'M/S', 'ADDED NS'], rows));
}

if (process.send === undefined) {
  await compare();
} else {
  const task = childTask<Task>();
  finish(await { producer: produce, consumer: consume, recorder: record }[task.role](task));
}
