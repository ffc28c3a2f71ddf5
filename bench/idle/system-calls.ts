import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { attachConsumer, createSegment } from '../../src/index.js';
import { textTable } from '../../src/tools/text-table.js';

// What the kernel is asked for, counted by strace: by those who sleep, and while both sides are awake and spin.
// node dist/bench/idle/system-calls.js [seconds] [messages]

const SECONDS = Number(process.argv[2] ?? 10);
const MESSAGES = Number(process.argv[3] ?? 1_000_000);
const CHILD: string = fileURLToPath(new URL('./idle-child.js', import.meta.url));

if (spawnSync('strace', ['--version']).status !== 0) {
  console.error('strace, which counts the system calls, is not installed');
  process.exit(1);
}

interface Subject {
  readonly role: string;
  readonly process: ChildProcess;
  readonly line: () => Promise<string>;
}

interface Counts {
  readonly total: number;
  readonly byName: Readonly<Record<string, number>>;
}

const directory = fs.mkdtempSync('/dev/shm/hermes-bench-');
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  fs.rmSync(directory, { recursive: true, force: true });
});

await measureIdle();
await measureBusy();
process.exit(0);

async function start(segment: string, role: string): Promise<Subject> {
  const child = spawn(process.execPath, [CHILD, role, directory, segment, `${MESSAGES}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.add(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the child ${role} ended`);
    return value as string;
  };
  if ((await line()) !== 'ready') throw new Error(`the child ${role} is not ready`);
  return { role, process: child, line };
}

/** Counts what the subjects ask the kernel for, in all their threads, until `action` is over. */
async function counted(subjects: readonly Subject[], action: () => Promise<unknown>): Promise<Counts[]> {
  const traces = subjects.map(({ role, process: { pid } }) => {
    const file = path.join(directory, `.strace-${role}`);
    const process = spawn('strace', ['-f', '-c', '-q', '-o', file, '-p', `${pid}`], { stdio: 'ignore' });
    children.add(process);
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

async function measureIdle(): Promise<void> {
  createSegment('idle', { directory, producers: 2, maxGroups: 3, members: 1, capacity: 65_536 });
  const subjects = [await start('idle', 'sleeping-consumer'), await start('idle', 'sleeping-producer')];
  const usedMs = () => subjects.map(({ process: { pid } }) => cpuMsOf(pid!));
  const before = usedMs();
  await setTimeout(SECONDS * 1000);
  const after = usedMs();
  let seconds = 0;
  const counts = await counted(subjects, async () => {
    const startMs = performance.now();
    await setTimeout(SECONDS * 1000);
    seconds = (performance.now() - startMs) / 1000 + 1; // with the second in which strace attached
  });
  const rows = subjects.map(({ role }, i) => [
    role,
    (counts[i]!.total / seconds).toFixed(1),
    `${(((after[i]! - before[i]!) / (SECONDS * 1000)) * 100).toFixed(2)} %`,
    most(counts[i]!),
  ]);
  console.log(`\nAsleep, ${SECONDS} s without strace (core) and ${SECONDS} s with it (calls)\n`);
  console.log(textTable(['who', 'calls/s', 'core', 'calls'], rows));
  for (const { process } of subjects) process.kill('SIGKILL');
}

async function measureBusy(): Promise<void> {
  createSegment('busy', { directory, producers: 1, maxGroups: 1, members: 1, capacity: 1 << 20 });
  attachConsumer('busy', { directory }).detach();
  const subjects = [await start('busy', 'spinning-consumer'), await start('busy', 'spinning-producer')];
  const counts = await counted(subjects, async () => {
    for (const { process } of subjects) process.stdin!.write('go\n');
    for (const { line } of subjects) await line();
  });
  const rows = subjects.map(({ role }, i) => [
    role,
    `${counts[i]!.total}`,
    (counts[i]!.total / MESSAGES).toFixed(5),
    most(counts[i]!),
  ]);
  console.log(`\nBoth awake (spin), ${MESSAGES} messages by send and for await\n`);
  console.log(textTable(['who', 'calls', 'calls/message', 'calls'], rows));
}

/** User and system time of a process, all threads: milliseconds. */
function cpuMsOf(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'ascii');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
