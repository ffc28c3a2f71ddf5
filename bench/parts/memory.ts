import { resolveCreateOptions } from '../../src/control/create-options.js';
import type { CreateOptions } from '../../src/index.js';
import { sectionsOf } from '../../src/layout/geometry.js';
import { startChild } from '../../src/tools/bench/child.js';
import { formatByteSize } from '../../src/tools/byte-size.js';
import { formatCount } from '../../src/tools/output.js';
import { runMeasuring } from '../harness/pair.js';
import { interleave } from '../harness/rounds.js';
import { spreadOf } from '../harness/statistics.js';
import type { MemoryResult, MemoryTask } from '../micro/memory-child.js';
import type { Section } from '../report/section.js';
import { spreadText } from '../report/spread-text.js';
import { type Part, part } from './part.js';

const CHILD = new URL('../micro/memory-child.js', import.meta.url);

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
    const measure = () => runMeasuring<MemoryResult>([startChild(CHILD, task)], bench.interrupted);
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
