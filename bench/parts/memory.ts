import fs from 'node:fs';
import path from 'node:path';
import { type CreateOptions, createSegment } from '../../src/index.js';
import { startChild } from '../../src/tools/bench/child.js';
import { formatByteSize } from '../../src/tools/byte-size.js';
import { formatCount } from '../../src/tools/output.js';
import type { Bench } from '../harness/bench.js';
import { runMeasuring } from '../harness/pair.js';
import { interleave } from '../harness/rounds.js';
import { spreadOf } from '../harness/statistics.js';
import type { MemoryResult, MemoryTask } from '../micro/memory-child.js';
import { spreadText } from '../report/spread-text.js';
import type { Part } from './part.js';

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

/** Bytes of a segment, of a participant, of a message. */
export const memoryPart: Part = {
  name: 'memory',
  async run(bench, _field) {
    const task: MemoryTask = { directory: bench.scratch.directory, messageCount: bench.profile.heapMessages };
    const measure = () => runMeasuring<MemoryResult>([startChild(CHILD, task)], bench.interrupted);
    const { samples } = await interleave(bench, 'memory', [{ key: 'memory', measure }], bench.profile.curveRounds);
    const results = samples.get('memory')!;
    const perMessage = spreadOf(results.map(({ heapPerMessage }) => heapPerMessage));
    const bytes = (value: number) => formatByteSize(Math.round(value));
    const { descriptorsPerProducer } = results[0]!;
    return {
      name: 'memory',
      title: 'Memory',
      text: [
        `A segment takes its file, all of it from the start, and nothing more however many messages go through it. ${formatCount(task.messageCount)} messages of 64 bytes were offered and polled in one process, whose collections and heap were watched.`,
      ],
      tables: [
        {
          caption: 'A segment',
          header: ['shape', 'file'],
          rows: SHAPES.map(({ label, options }) => [label, bytes(fileLength(bench, options))]),
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
      data: results,
    };
  },
};

function fileLength(bench: Bench, options: CreateOptions): number {
  const { directory } = bench.scratch;
  const name = path.basename(bench.scratch.fresh('memory'));
  createSegment(name, { ...options, directory });
  const file = path.join(directory, name);
  const { size } = fs.statSync(file);
  fs.rmSync(file);
  return size;
}
