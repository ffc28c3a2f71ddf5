import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { attachConsumer, attachProducer, createSegment } from 'hermes-ipc';
import { awaitStart, type Child } from '../../src/tools/bench/child.js';
import { textTable } from '../../src/tools/text-table.js';
import { makeScratch } from '../runner/bench.js';
import { isProgram, startRole } from '../runner/role.js';

// The system calls, counted by strace: of processes that sleep, and while both sides are awake and spin.
// node dist/bench/idle/system-calls.js [seconds] [messages]

const PAYLOAD = Buffer.alloc(64);

type Part = 'sleeping-consumer' | 'sleeping-producer' | 'spinning-consumer' | 'spinning-producer';

interface IdleTask {
  readonly part: Part;
  readonly directory: string;
  readonly segment: string;
  readonly messageCount: number;
}

/** Plays a part. When it is done, it stays until it is killed, so that the cost of ending is not counted. */
export async function subject(task: IdleTask): Promise<never> {
  await PARTS[task.part](task);
  process.send!('done');
  return new Promise(() => {});
}

const PARTS: Readonly<Record<Part, (task: IdleTask) => Promise<void>>> = {
  async 'sleeping-consumer'({ directory, segment }) {
    const consumer = attachConsumer(segment, { directory, group: 'sleeper' });
    void awaitStart();
    for await (const _ of consumer);
  },
  async 'sleeping-producer'({ directory, segment }) {
    const producer = attachProducer(segment, { directory });
    while (producer.offer(Buffer.alloc(1000)) >= 0);
    void awaitStart();
    await producer.send(Buffer.alloc(1000));
  },
  async 'spinning-consumer'({ directory, segment, messageCount }) {
    const consumer = attachConsumer(segment, { directory, idle: 'spin' });
    await awaitStart();
    let received = 0;
    for await (const _ of consumer) if (++received === messageCount) break;
  },
  async 'spinning-producer'({ directory, segment, messageCount }) {
    const producer = attachProducer(segment, { directory, idle: 'spin' });
    await awaitStart();
    for (let i = 0; i < messageCount; i++) await producer.send(PAYLOAD);
  },
};

interface Counts {
  readonly total: number;
  readonly byName: Readonly<Record<string, number>>;
}

interface Subject {
  readonly part: Part;
  readonly child: Child<unknown>;
}

/** By then the start is over, and its cost is not counted. */
const SETTLE_MS = 1000;

async function start(tasks: readonly IdleTask[]): Promise<Subject[]> {
  const subjects = tasks.map((task) => ({ part: task.part, child: startRole<unknown>('idle', task) }));
  await Promise.all(subjects.map(({ child }) => child.ready));
  await setTimeout(SETTLE_MS);
  return subjects;
}

/** Counts what the subjects ask the kernel for, in all their threads, until `action` is over. */
async function counted(
  directory: string,
  subjects: readonly Subject[],
  action: () => Promise<unknown>,
): Promise<Counts[]> {
  const traces = subjects.map(({ part, child: { pid } }) => {
    const file = path.join(directory, `.strace-${part}`);
    const process = spawn('strace', ['-f', '-c', '-q', '-o', file, '-p', `${pid}`], { stdio: 'ignore' });
    return { file, process };
  });
  await setTimeout(1000); // attached
  await action();
  return Promise.all(
    traces.map(async ({ file, process }) => {
      const ended = once(process, 'close');
      process.kill('SIGINT');
      await ended;
      return parse(fs.readFileSync(file, 'ascii'));
    }),
  );
}

/** Rows: % time, seconds, µs per call, calls, errors (or nothing), name. */
function parse(table: string): Counts {
  const rows = [...table.matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/gm)];
  const byName: Record<string, number> = {};
  for (const [, count, name] of rows) if (name !== 'total') byName[name!] = Number(count);
  return { total: Object.values(byName).reduce((sum, count) => sum + count, 0), byName };
}

function most({ byName }: Counts): string {
  const rows = Object.entries(byName).toSorted(([, a], [, b]) => b - a);
  return rows
    .slice(0, 5)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

async function measureIdle(directory: string, seconds: number): Promise<void> {
  const segment = 'idle';
  createSegment(segment, { directory, producers: 2, maxGroups: 3, members: 1, capacity: 65_536 });
  const task = { directory, segment, messageCount: 0 };
  const subjects = await start([
    { ...task, part: 'sleeping-consumer' },
    { ...task, part: 'sleeping-producer' },
  ]);
  const usedMs = () => subjects.map(({ child: { pid } }) => cpuMsOf(pid!));
  const before = usedMs();
  await setTimeout(seconds * 1000);
  const after = usedMs();
  let tracedSeconds = 0;
  const counts = await counted(directory, subjects, async () => {
    const startMs = performance.now();
    await setTimeout(seconds * 1000);
    tracedSeconds = (performance.now() - startMs) / 1000 + 1; // with the second in which strace attached
  });
  for (const { child } of subjects) child.kill();
  const rows = subjects.map(({ part }, i) => [
    part,
    (counts[i]!.total / tracedSeconds).toFixed(1),
    `${(((after[i]! - before[i]!) / (seconds * 1000)) * 100).toFixed(2)} %`,
    most(counts[i]!),
  ]);
  console.log(`\nAsleep, ${seconds} s without strace (core) and ${seconds} s with it (calls)\n`);
  console.log(textTable(['who', 'calls/s', 'core', 'calls'], rows));
}

async function measureBusy(directory: string, messageCount: number): Promise<void> {
  const segment = 'busy';
  createSegment(segment, { directory, producers: 1, maxGroups: 1, members: 1, capacity: 1 << 20 });
  attachConsumer(segment, { directory }).detach();
  const task = { directory, segment, messageCount };
  const subjects = await start([
    { ...task, part: 'spinning-consumer' },
    { ...task, part: 'spinning-producer' },
  ]);
  const counts = await counted(directory, subjects, async () => {
    for (const { child } of subjects) child.start();
    await Promise.all(subjects.map(({ child }) => child.result));
  });
  for (const { child } of subjects) child.kill();
  const rows = subjects.map(({ part }, i) => [
    part,
    `${counts[i]!.total}`,
    (counts[i]!.total / messageCount).toFixed(5),
    most(counts[i]!),
  ]);
  console.log(`\nBoth awake (spin), ${messageCount} messages by send and for await\n`);
  console.log(textTable(['who', 'calls', 'calls/message', 'calls'], rows));
}

/** User and system time of a process, all threads: milliseconds. */
function cpuMsOf(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'ascii');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

if (isProgram(import.meta.url)) {
  if (spawnSync('strace', ['--version']).status !== 0) {
    console.error('strace, which counts the system calls, is not installed');
    process.exit(1);
  }
  const [seconds = 10, messageCount = 1_000_000] = process.argv.slice(2).map(Number);
  using scratch = makeScratch();
  await measureIdle(scratch.directory, seconds);
  await measureBusy(scratch.directory, messageCount);
}
