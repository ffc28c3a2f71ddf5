import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createSegment } from '../../src/index.js';
import { runChildren, startChild } from '../../src/tools/bench/child.js';
import { textTable } from '../../src/tools/text-table.js';
import type { BareResult, BareTask } from './bare-child.js';
import { bareRingLength } from './bare-ring.js';

// Hermes against a bare ring, in rounds that take turns within one run: the ratio of each round, its median and spread.
// node dist/bench/bare/compare.js [rounds]

const ROUNDS = Number(process.argv[2] ?? 11);
const CHILD = new URL('./bare-child.js', import.meta.url);
const PAYLOAD_LENGTH = 64;
const CAPACITY = 1024 * 1024;
const THROUGHPUT_COUNT = 8_000_000;
const ROUND_TRIP_COUNT = 400_000;
const BATCH_COUNT = 16;

const never = new AbortController().signal;
const directory = fs.mkdtempSync(path.join(fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'hermes-bench-'));
let names = 0;

/** A fresh ring: a segment of one lane without timestamps, or a file of zeros. */
function newRing(ring: BareTask['ring']): string {
  const name = `ring-${names++}`;
  if (ring === 'hermes') {
    createSegment(name, { directory, producers: 1, groups: 1, members: 1, capacity: CAPACITY, timestamps: false });
    return name;
  }
  const file = path.join(directory, name);
  fs.writeFileSync(file, Buffer.alloc(bareRingLength(CAPACITY)));
  return file;
}

async function run(
  ring: BareTask['ring'],
  roles: readonly BareTask['role'][],
  messageCount: number,
  batchCount: number,
) {
  const [there, back] = [newRing(ring), newRing(ring)];
  const shape = {
    ring,
    there,
    back,
    directory,
    capacity: CAPACITY,
    payloadLength: PAYLOAD_LENGTH,
    messageCount,
    batchCount,
  };
  const children = roles.map((role) => startChild<BareResult>(CHILD, { ...shape, role } satisfies BareTask));
  const results = await runChildren(children, never);
  for (const name of [there, back]) fs.rmSync(path.resolve(directory, name));
  if (results.some(({ corrupted }) => corrupted > 0)) throw new Error('messages were corrupted');
  return results;
}

async function throughput(ring: BareTask['ring'], batchCount: number): Promise<number> {
  const [consumer, producer] = await run(ring, ['consumer', 'producer'], THROUGHPUT_COUNT, batchCount);
  return THROUGHPUT_COUNT / (Number(consumer!.endNs - producer!.startNs) / 1e9);
}

async function roundTrip(ring: BareTask['ring']): Promise<number> {
  const [pinger] = await run(ring, ['pinger', 'echo'], ROUND_TRIP_COUNT, 1);
  return pinger!.medianNs;
}

const samples: Record<string, number[]> = {};
const sample = (name: string, value: number) => {
  samples[name] = [...(samples[name] ?? []), value];
};
try {
  for (let round = 0; round < ROUNDS; round++) {
    const bare = await throughput('bare', 1);
    const single = await throughput('hermes', 1);
    const batch = await throughput('hermes', BATCH_COUNT);
    const bareBatch = await throughput('bare', BATCH_COUNT);
    const bareTrip = await roundTrip('bare');
    const trip = await roundTrip('hermes');
    sample('bare offer, M/s', bare / 1e6);
    sample('hermes offer, M/s', single / 1e6);
    sample(`bare batch of ${BATCH_COUNT}, M/s`, bareBatch / 1e6);
    sample(`hermes batch of ${BATCH_COUNT}, M/s`, batch / 1e6);
    sample('bare round trip p50, ns', bareTrip);
    sample('hermes round trip p50, ns', trip);
    sample('offer / bare offer', single / bare);
    sample('batch / bare batch', batch / bareBatch);
    sample('batch / offer', batch / single);
    sample('round trip / bare round trip', trip / bareTrip);
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
  }
} finally {
  fs.rmSync(directory, { recursive: true });
}
const rows = Object.entries(samples).map(([name, values]) => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)]!.toFixed(2);
  return [name, at(0), at(0.5), at(1)];
});
process.stdout.write(textTable(['64 B PAYLOAD', 'MIN', 'MEDIAN', 'MAX'], rows));
