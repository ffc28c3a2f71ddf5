import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { attachConsumer, attachProducer, attachRecorder, type Message, replayInto } from '../../src/index.js';
import { carriesNumber, numberedPayload } from '../support/numbered-payload.js';
import { report, runCommand } from '../support/reporting.js';

/** One process of the way of messages from a producer through a journal to a consumer: see `test/soak`. */
export interface SoakRole {
  readonly role: Role;
  readonly directory: string;
  readonly journal: string;
  readonly laneCount: number;
  /** Messages of all lanes. */
  readonly count: number;
}

export type Role = 'produce' | 'record' | 'replay' | 'consume';

/** Reported as `done`. */
export interface SoakReport {
  /** SHA-256 of each lane's stream. */
  readonly lanes?: Readonly<Record<number, string>>;
  /** MiB: the largest amounts of the process's own, and of all of its memory with mapped files. */
  readonly ownMib: number;
  readonly residentMib: number;
  readonly seconds: number;
}

/** Every n-th message is one of up to 2,000 bytes; the others have 64. */
const LARGE_EVERY = 16;
const SMALL_LENGTH = 64;
const lengthOf = (number: number) => (number % LARGE_EVERY === 0 ? undefined : SMALL_LENGTH);

async function produce({ directory, laneCount, count }: SoakRole): Promise<Record<number, string>> {
  const producers = Array.from({ length: laneCount }, () => attachProducer('in', { directory }));
  const hashes = producers.map(() => createHash('sha256'));
  for (let number = 0; number < count / laneCount; number++) {
    for (const [i, producer] of producers.entries()) {
      const payload = numberedPayload(producer.lane, number, lengthOf(number));
      while (producer.offer(payload) < 0) await sleep(1);
      hashes[i]!.update(payload);
    }
    if (number % 4096 === 0) await nextTurn();
  }
  const sums = producers.map((producer, i) => [producer.lane, hashes[i]!.digest('hex')]);
  for (const producer of producers) producer.detach();
  return Object.fromEntries(sums);
}

async function record({ directory, journal }: SoakRole): Promise<undefined> {
  using recorder = attachRecorder('in', { directory, to: journal, group: 'default' });
  await recorder.run({ drain: true });
}

async function replay({ directory, journal, count }: SoakRole): Promise<undefined> {
  const { messages } = await replayInto(journal, 'out', { directory });
  if (messages !== count) throw new Error(`${messages} of ${count} messages were replayed`);
}

async function consume({ directory }: SoakRole): Promise<Record<number, string>> {
  using consumer = attachConsumer('out', { directory });
  const hashes = new Map<number, Hash>();
  const take = (message: Message) => {
    const { lane, sequence, payload } = message;
    if (!carriesNumber(message, lane, sequence, lengthOf(sequence)))
      throw new Error(`message ${sequence} of lane ${lane} is not as it was sent`);
    if (!hashes.has(lane)) hashes.set(lane, createHash('sha256'));
    hashes.get(lane)!.update(payload);
  };
  while (consumer.poll(take, 4096) > 0 || !consumer.isDrained()) await nextTurn();
  return Object.fromEntries([...hashes].map(([lane, hash]) => [lane, hash.digest('hex')]));
}

const roles: Record<Role, (task: SoakRole) => Promise<Record<number, string> | undefined>> = {
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

runCommand<SoakRole>(async (task) => {
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
  report('done', { ...(lanes === undefined ? {} : { lanes }), ownMib, residentMib, seconds } satisfies SoakReport);
});
