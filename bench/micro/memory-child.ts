import fs from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { attachConsumer, attachProducer, createSegment } from '../../src/index.js';
import { awaitStart, childTask, finish } from '../../src/tools/bench/child.js';

/** What Hermes takes of a process: for each participant, and for each message. */
export interface MemoryTask {
  readonly directory: string;
  readonly messageCount: number;
}

export interface MemoryResult {
  /** Bytes of the heap that a message costs both sides together: 0 when none is allocated. */
  readonly heapPerMessage: number;
  readonly collections: number;
  readonly heapPerProducer: number;
  readonly descriptorsPerProducer: number;
}

const MESSAGES_AT_ONCE = 4096;
const WARM_UP_COUNT = 2_000_000;
const PRODUCER_COUNT = 32;
/** For the observer's entries to come in. */
const SETTLE_MS = 50;
/** Bytes of heap a message below which it is what the harness itself leaves behind, once. */
const NOISE = 0.05;

const { directory, messageCount } = childTask<MemoryTask>();
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
await awaitStart();
const participants = perParticipant();
finish({ ...(await perMessage()), ...participants } satisfies MemoryResult);

function perParticipant(): Pick<MemoryResult, 'heapPerProducer' | 'descriptorsPerProducer'> {
  const name = `participants-${process.pid}`;
  createSegment(name, { directory, producers: PRODUCER_COUNT + 1, capacity: 64 * 1024 });
  const first = attachProducer(name, { directory }); // loads what is shared by all
  const look = () => {
    collect();
    return { heap: getHeapStatistics().used_heap_size, descriptors: fs.readdirSync('/proc/self/fd').length };
  };
  const before = look();
  const others = Array.from({ length: PRODUCER_COUNT }, () => attachProducer(name, { directory }));
  const after = look();
  for (const producer of [first, ...others]) producer.detach();
  return {
    heapPerProducer: (after.heap - before.heap) / PRODUCER_COUNT,
    descriptorsPerProducer: (after.descriptors - before.descriptors) / PRODUCER_COUNT,
  };
}

async function perMessage(): Promise<Pick<MemoryResult, 'heapPerMessage' | 'collections'>> {
  const name = `messages-${process.pid}`;
  createSegment(name, { directory, producers: 1, maxGroups: 1, members: 1 });
  const producer = attachProducer(name, { directory });
  const consumer = attachConsumer(name, { directory });
  const payload = Buffer.alloc(64);
  let sum = 0;
  const handler = ({ buffer, offset }: { buffer: Buffer; offset: number }) => {
    sum += buffer[offset]!;
  };
  const carry = (count: number) => {
    for (let done = 0; done < count; done += MESSAGES_AT_ONCE) {
      for (let i = 0; i < MESSAGES_AT_ONCE; i++) producer.offer(payload);
      for (let read = 0; read < MESSAGES_AT_ONCE; ) read += consumer.poll(handler);
    }
  };
  carry(WARM_UP_COUNT);
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  await setTimeout(SETTLE_MS);
  collect();
  observer.observe({ entryTypes: ['gc'] });
  await setTimeout(SETTLE_MS);
  collections = 0;
  const before = getHeapStatistics().used_heap_size;
  carry(messageCount);
  const grownBy = getHeapStatistics().used_heap_size - before;
  await setTimeout(SETTLE_MS);
  if (sum !== 0) throw new Error('the payloads are zeros');
  // After a collection, what was allocated is not known exactly: at least what fills half a semi-space each time.
  const collected = collections * (16 * 1024 * 1024);
  const perMessage = Math.max(grownBy + collected, 0) / messageCount;
  return { heapPerMessage: perMessage < NOISE ? 0 : perMessage, collections };
}
