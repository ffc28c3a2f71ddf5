import fs from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { attachConsumer, attachProducer, type CreateOptions, createSegment } from 'hermes-ipc';
import { resolveCreateOptions } from '../../src/control/create-options.js';
import { sectionsOf } from '../../src/layout/geometry.js';
import { awaitStart } from '../../src/tools/bench/child.js';
import { formatByteSize } from '../../src/tools/byte-size.js';
import { formatCount } from '../../src/tools/output.js';
import type { Section } from '../report/section.js';
import { runMeasuring } from '../runner/measuring.js';
import { startRole } from '../runner/role.js';
import { interleave, spreadOf, spreadText } from '../runner/rounds.js';
import { type Part, part } from './part.js';

const SHAPES: readonly { readonly label: string; readonly options: CreateOptions }[] = [
  { label: 'the defaults: 8 lanes of 1 MiB, 8 groups of 8 members', options: {} },
  { label: 'one lane of 1 MiB, one group of one member', options: { producers: 1, maxGroups: 1, members: 1 } },
  {
    label: 'one lane of 64 KiB, one group of one member',
    options: { producers: 1, maxGroups: 1, members: 1, capacity: 65_536 },
  },
  {
    label: '256 lanes of 64 KiB, 64 groups of 64 members',
    options: { producers: 256, maxGroups: 64, members: 64, capacity: 65_536 },
  },
];

interface Memory {
  readonly messageCount: number;
  readonly results: readonly MemoryResult[];
}

/** Bytes of a segment, of a participant, of a message. */
export const memoryPart: Part = part(
  'memory',
  async (bench): Promise<Memory> => {
    const messageCount = bench.profile.heapMessages;
    const task: MemoryTask = { directory: bench.scratch.directory, messageCount };
    const measure = () => runMeasuring<MemoryResult>([startRole('memory', task)], bench.interrupted);
    const { samples } = await interleave(bench, 'memory', [{ key: 'memory', measure }], bench.profile.curveRounds);
    return { messageCount, results: samples.get('memory')! };
  },
  present,
);

function present({ messageCount, results }: Memory): Section {
  const perMessage = spreadOf(results.map(({ heapPerMessage }) => heapPerMessage));
  const bytes = (value: number) => formatByteSize(Math.round(value));
  const { descriptorsPerProducer } = results[0]!;
  return {
    name: 'memory',
    title: 'Memory',
    text: [
      `A segment takes its file, all of it from the start, and nothing more however many messages go through it. ${formatCount(messageCount)} messages of 64 bytes were offered and polled in one process, whose collections and heap were watched.`,
      'Up to 2 GiB of a lane a message takes no heap. Beyond, a position no longer fits into what V8 calls a small integer: the position that `offer` returns is an object of 16 bytes then, which the next minor collection frees. The figure of a message is estimated from the collections.',
    ],
    tables: [
      {
        caption: 'A segment',
        header: ['shape', 'file'],
        rows: SHAPES.map(({ label, options }) => [label, bytes(fileLength(options))]),
      },
      {
        caption: 'Heap',
        header: ['of', 'takes'],
        rows: [
          ['a message, both sides', spreadText(perMessage, (value) => `${Number(value.toPrecision(2))} B`)],
          ['collections meanwhile', spreadText(spreadOf(results.map(({ collections }) => collections)), formatCount)],
          [
            'a producer, while attached',
            `${spreadText(spreadOf(results.map(({ heapPerProducer }) => heapPerProducer)), bytes)} of heap, ${descriptorsPerProducer} file descriptors`,
          ],
        ],
      },
    ],
    charts: [],
    findings: [{ goal: 'heap', spread: perMessage }],
  };
}

function fileLength(options: CreateOptions): number {
  return sectionsOf(resolveCreateOptions(options).geometry).fileLength;
}

/** What Hermes takes of a process: for each participant, and for each message. */
interface MemoryTask {
  readonly directory: string;
  readonly messageCount: number;
}

interface MemoryResult {
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

/** Plays both sides, in a process of its own. */
export async function watchMemory(task: MemoryTask): Promise<MemoryResult> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await awaitStart();
  const participants = perParticipant(task, collect);
  return { ...(await perMessage(task, collect)), ...participants };
}

function perParticipant(
  { directory }: MemoryTask,
  collect: () => void,
): Pick<MemoryResult, 'heapPerProducer' | 'descriptorsPerProducer'> {
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

async function perMessage(
  { directory, messageCount }: MemoryTask,
  collect: () => void,
): Promise<Pick<MemoryResult, 'heapPerMessage' | 'collections'>> {
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
  // After a collection, the allocated bytes are not known exactly: each collection stands for at least half a semi-space.
  const collected = collections * (16 * 1024 * 1024);
  const perMessage = Math.max(grownBy + collected, 0) / messageCount;
  return { heapPerMessage: perMessage < NOISE ? 0 : perMessage, collections };
}
