import fs from 'node:fs';
import { attachConsumer, attachProducer, createSegment } from '../../src/index.js';
import { textTable } from '../../src/tools/text-table.js';

// What a message costs a consumer: an exclusive group against a shared one, by how many messages a poll may take.
// One process, rounds that take turns; nanoseconds a message.   node dist/bench/micro/groups.js

const ROUNDS = 60;
const WARM_UP_ROUNDS = 10;
const MESSAGE_COUNT = 4096;
const LIMITS = [1, 4, 16, 256];
const payload = Buffer.alloc(64);

const directory = fs.mkdtempSync('/dev/shm/hermes-bench-');
let sum = 0;

/** One round: fill the lane, then read it all. Nanoseconds a message of the reading. */
function contestant(shared: boolean, limit: number): () => number {
  const name = `${shared ? 'shared' : 'exclusive'}-${limit}`;
  createSegment(name, { directory, producers: 1, maxGroups: 1, shared, timestamps: false });
  const producer = attachProducer(name, { directory });
  const consumer = attachConsumer(name, { directory });
  return () => {
    for (let i = 0; i < MESSAGE_COUNT; i++) if (producer.offer(payload) < 0) throw new Error('no room');
    const startNs = process.hrtime.bigint();
    for (let read = 0; read < MESSAGE_COUNT; ) {
      read += consumer.poll(({ buffer, offset }) => {
        sum += buffer[offset]!;
      }, limit);
    }
    return Number(process.hrtime.bigint() - startNs) / MESSAGE_COUNT;
  };
}

try {
  const contestants = LIMITS.map((limit) => ({
    limit,
    exclusive: contestant(false, limit),
    shared: contestant(true, limit),
  }));
  const samples = contestants.map(() => ({ exclusive: [] as number[], shared: [] as number[] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { exclusive, shared }] of contestants.entries()) {
      samples[index]!.exclusive.push(exclusive());
      samples[index]!.shared.push(shared());
    }
  }
  const median = (values: readonly number[]) => {
    const sorted = values.slice(WARM_UP_ROUNDS).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)]!;
  };
  const rows = contestants.map(({ limit }, index) => {
    const [exclusive, shared] = [median(samples[index]!.exclusive), median(samples[index]!.shared)];
    return [`${limit}`, exclusive.toFixed(1), shared.toFixed(1), (shared / exclusive).toFixed(2)];
  });
  process.stdout.write(textTable(['MESSAGES A POLL', 'EXCLUSIVE NS', 'SHARED NS', 'RATIO'], rows));
  if (sum !== 0) throw new Error('the payloads are zeros');
} finally {
  fs.rmSync(directory, { recursive: true });
}
process.exit();
