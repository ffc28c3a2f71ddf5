import { fork } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { attachConsumer, attachProducer, attachRecorder, createSegment, replayInto } from '../../src/index.js';
import { numberedPayload } from '../support/numbered-payload.js';

// Producer → segment → recorder → journal → replay → segment → consumer, each a process of its own: the SHA-256 of each
// lane's stream is equal at both ends, and the memory of recorder and replay stays flat.
//   node dist/test/soak/journal-end-to-end.js [messages] [directory]
// Under a limit of memory: start it in a control group, such as
//   systemd-run --scope -p MemoryMax=300M node dist/test/soak/journal-end-to-end.js

const LANES = 2;
const [COUNT, ROOT] = [Number(process.argv[2] ?? 10_000_000), process.argv[3] ?? os.tmpdir()];
const SHAPE = { producers: LANES, maxGroups: 2, members: 1, capacity: 4 * 1024 ** 2 };
/** Every n-th message is one of up to 2,000 bytes; the others have 64. */
const LARGE_EVERY = 16;
const small = Buffer.alloc(64);

type Role = 'produce' | 'record' | 'replay' | 'consume';
interface Task {
  readonly role: Role;
  readonly directory: string;
  readonly journal: string;
}
interface Report {
  readonly lanes?: Readonly<Record<number, string>>;
  /** MiB: the largest amounts of the process's own, and of all of its memory with mapped files. */
  readonly ownMib: number;
  readonly residentMib: number;
  readonly seconds: number;
}

function payloadOf(lane: number, number: number): Uint8Array {
  if (number % LARGE_EVERY === 0) return numberedPayload(lane, number);
  small.writeUInt32LE(number, 0);
  small.writeUInt32LE(lane, 60);
  return small;
}

async function produce({ directory }: Task): Promise<Record<number, string>> {
  const producers = Array.from({ length: LANES }, () => attachProducer('in', { directory }));
  const hashes = producers.map(() => createHash('sha256'));
  for (let number = 0; number < COUNT / LANES; number++) {
    for (const [i, producer] of producers.entries()) {
      const payload = payloadOf(producer.lane, number);
      while (producer.offer(payload) < 0) await sleep(1);
      hashes[i]!.update(payload);
    }
    if (number % 4096 === 0) await nextTurn();
  }
  const sums = producers.map((producer, i) => [producer.lane, hashes[i]!.digest('hex')]);
  for (const producer of producers) producer.detach();
  return Object.fromEntries(sums);
}

async function record({ directory, journal }: Task): Promise<undefined> {
  using recorder = attachRecorder('in', { directory, to: journal, group: 'default' });
  await recorder.run({ drain: true });
}

async function replay({ directory, journal }: Task): Promise<undefined> {
  const { messages } = await replayInto(journal, 'out', { directory });
  if (messages !== COUNT) throw new Error(`${messages} of ${COUNT} messages were replayed`);
}

async function consume({ directory }: Task): Promise<Record<number, string>> {
  using consumer = attachConsumer('out', { directory });
  const hashes = new Map<number, Hash>();
  const take = ({ lane, payload }: { lane: number; payload: Buffer }) => {
    if (!hashes.has(lane)) hashes.set(lane, createHash('sha256'));
    hashes.get(lane)!.update(payload);
  };
  while (consumer.poll(take, 4096) > 0 || !consumer.isDrained()) await nextTurn();
  return Object.fromEntries([...hashes].map(([lane, hash]) => [lane, hash.digest('hex')]));
}

const roles: Record<Role, (task: Task) => Promise<Record<number, string> | undefined>> = {
  produce,
  record,
  replay,
  consume,
};

/** One figure of /proc/self/status, in MiB. */
function memoryMib(field: string): number {
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(fs.readFileSync('/proc/self/status', 'ascii')) ?? [];
  return Number(kib) / 1024;
}

async function runRole(task: Task): Promise<void> {
  let ownMib = 0;
  let residentMib = 0;
  const look = () => {
    ownMib = Math.max(ownMib, memoryMib('RssAnon'));
    residentMib = Math.max(residentMib, memoryMib('VmRSS'));
  };
  const timer = setInterval(look, 100);
  const startMs = performance.now();
  const lanes = await roles[task.role](task);
  clearInterval(timer);
  look();
  const seconds = (performance.now() - startMs) / 1000;
  process.send?.({ ...(lanes === undefined ? {} : { lanes }), ownMib, residentMib, seconds } satisfies Report, () =>
    process.exit(0),
  );
}

function start(task: Task): Promise<Report> {
  const child = fork(fileURLToPath(import.meta.url), [String(COUNT), ROOT], {
    env: { ...process.env, HERMES_SOAK_TASK: JSON.stringify(task) },
  });
  return new Promise((resolve, reject) => {
    child.once('message', (report) => resolve(report as Report));
    child.once('exit', (code, signal) => reject(new Error(`${task.role} ended early (${signal ?? code})`)));
  });
}

async function main(): Promise<void> {
  const directory = fs.mkdtempSync('/dev/shm/hermes-soak-');
  const disk = fs.mkdtempSync(path.join(ROOT, 'hermes-soak-'));
  const journal = path.join(disk, 'journal');
  try {
    for (const name of ['in', 'out']) createSegment(name, { ...SHAPE, directory });
    const [recorded, produced] = await Promise.all([
      start({ role: 'record', directory, journal }),
      start({ role: 'produce', directory, journal }),
    ]);
    const [replayed, consumed] = await Promise.all([
      start({ role: 'replay', directory, journal }),
      start({ role: 'consume', directory, journal }),
    ]);
    const bytes = fs.readdirSync(journal).reduce((sum, name) => sum + fs.statSync(path.join(journal, name)).size, 0);
    const reports = { produced, recorded, replayed, consumed };
    for (const [name, { seconds, ownMib, residentMib }] of Object.entries(reports))
      console.log(
        `${name}: ${seconds.toFixed(1)} s, ${ownMib.toFixed(0)} MiB of its own, ${residentMib.toFixed(0)} MiB with mapped files`,
      );
    console.log(`${COUNT} messages, a journal of ${(bytes / 1024 ** 2).toFixed(0)} MiB`);
    console.log('sent    ', produced.lanes);
    console.log('received', consumed.lanes);
    const equal = JSON.stringify(produced.lanes) === JSON.stringify(consumed.lanes);
    console.log(equal ? 'Every lane is equal end to end.' : 'THE LANES DIFFER.');
    process.exitCode = equal ? 0 : 1;
  } finally {
    fs.rmSync(directory, { recursive: true });
    fs.rmSync(disk, { recursive: true });
  }
}

const task = process.env.HERMES_SOAK_TASK;
await (task === undefined ? main() : runRole(JSON.parse(task) as Task));
