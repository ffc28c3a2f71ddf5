import { describe, expect, test } from 'vitest';
import {
  HANDOVER_ENTRY_LENGTH,
  HANDOVER_OFFSET,
  HEAD_HIGH_OFFSET,
  RESERVED_OFFSET,
} from '../../src/layout/lane-control.js';
import { headAndSequence } from '../../src/ring/head.js';
import { hotWordsOf } from '../../src/ring/hot-words.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import type { SegmentMemory } from '../../src/ring/segment-memory.js';
import { control, laneReader, offsetOf, setControl, startLaneAt } from '../support/lane-state.js';
import { rawSegment } from '../support/raw-segment.js';

const START = 2 ** 32 - 64;
const FIRST_SEQUENCE = 2 ** 32 - 1;

/** A lane just before both its head and its sequence change their high words, with one message published. */
function laneBeforeBorders(): SegmentMemory {
  const { memory } = rawSegment({ checksum: true });
  startLaneAt(memory, 0, START - 32, FIRST_SEQUENCE - 1);
  new LaneWriter(memory, 0).offer(Buffer.alloc(0), 1);
  return memory;
}

/** The entry that is not the present head's, in bytes from the lane's control block. */
function unusedEntry(memory: SegmentMemory): number {
  return control(memory, 0, HANDOVER_OFFSET) === START % 2 ** 32
    ? HANDOVER_OFFSET + HANDOVER_ENTRY_LENGTH
    : HANDOVER_OFFSET;
}

/** What a writer may have done of its next message, and of the padding before it, when it dies; each includes those before. */
const deaths: readonly (readonly [string, (memory: SegmentMemory) => void])[] = [
  ['before it wrote anything', () => {}],
  [
    'after it raised reserved',
    (memory) => setControl(memory, 0, RESERVED_OFFSET, control(memory, 0, RESERVED_OFFSET) + 1),
  ],
  [
    'within the padding',
    (memory) => memory.bytes.fill(0xaa, offsetOf(memory, 0, START), offsetOf(memory, 0, START) + 64),
  ],
  ['within the record', (memory) => memory.bytes.fill(0xaa, offsetOf(memory, 0, 0), offsetOf(memory, 0, 0) + 70)],
  ['within the handover entry', (memory) => setControl(memory, 0, unusedEntry(memory), 64)],
  [
    'after the handover entry',
    (memory) => {
      setControl(memory, 0, unusedEntry(memory) + 4, 0);
      setControl(memory, 0, unusedEntry(memory) + 8, 1);
    },
  ],
  ['after the head’s high word', (memory) => setControl(memory, 0, HEAD_HIGH_OFFSET, 2)],
];

describe.each(deaths.map(([title], i) => ({ title, done: deaths.slice(0, i + 1) })))(
  'after a writer that died $title',
  ({ done }) => {
    test('the next one goes on at the published position with the next sequence, and readers see nothing else', () => {
      const memory = laneBeforeBorders();
      const reader = laneReader(memory);
      const seen: unknown[] = [];
      const poll = () => reader.poll((message) => seen.push([message.sequence, message.length]), 100);
      for (const [, step] of done) step(memory);
      expect(headAndSequence(memory, 0)).toEqual({ position: START, sequence: FIRST_SEQUENCE });
      poll();
      const successor = new LaneWriter(memory, 0);
      expect(successor.position).toBe(START);
      expect(successor.offer(Buffer.alloc(100), 1)).toBe(START + 64 + 160);
      expect(successor.offer(Buffer.alloc(1), 1)).toBe(START + 64 + 224);
      poll();
      expect(seen).toEqual([
        [FIRST_SEQUENCE - 1, 0],
        [FIRST_SEQUENCE, 100],
        [FIRST_SEQUENCE + 1, 1],
      ]);
      expect(headAndSequence(memory, 0)).toEqual({ position: START + 64 + 224, sequence: FIRST_SEQUENCE + 2 });
    });
  },
);

test.each([1, 2, 3])(
  'after a writer that died at the atomic store %d of a publication, nothing of it is seen',
  (fatal) => {
    const raised = laneBeforeBorders();
    const memory = { ...raised, hot: hotWordsOf(raised.words) }; // so that all stores are those of Atomics
    const writer = new LaneWriter(memory, 0);
    const { store } = Atomics;
    let stores = 0;
    Atomics.store = ((words: Int32Array, index: number, value: number) => {
      if (++stores >= fatal) throw new Error('killed');
      return store(words, index, value);
    }) as typeof Atomics.store;
    try {
      expect(() => writer.offer(Buffer.alloc(100), 1)).toThrow('killed');
    } finally {
      Atomics.store = store;
    }
    expect(stores).toBe(fatal); // reserved, the head's high word, its low word
    expect(headAndSequence(memory, 0)).toEqual({ position: START, sequence: FIRST_SEQUENCE });
    const successor = new LaneWriter(memory, 0);
    expect(successor.offer(Buffer.alloc(100), 1)).toBe(START + 64 + 160);
    const sequences: number[] = [];
    laneReader(memory).poll((message) => sequences.push(message.sequence), 100);
    expect(sequences).toEqual([FIRST_SEQUENCE - 1, FIRST_SEQUENCE]);
  },
);

test('a claim that its writer never committed is overwritten by the next writer', () => {
  const { memory } = rawSegment();
  const dead = new LaneWriter(memory, 0);
  dead.offer(Buffer.from('first'), 1);
  memory.bytes.write('never seen', dead.tryClaim(10, 9, 1));
  const seen: string[] = [];
  const reader = laneReader(memory);
  reader.poll((message) => seen.push(message.payload.toString()), 10);
  new LaneWriter(memory, 0).offer(Buffer.from('second'), 1);
  reader.poll((message) => seen.push(message.payload.toString()), 10);
  expect(seen).toEqual(['first', 'second']);
});

test('a writer goes on with the reserved count of the one before', () => {
  const { memory } = rawSegment();
  new LaneWriter(memory, 0).tryClaim(16_000, 1, 1);
  const reserved = control(memory, 0, RESERVED_OFFSET);
  expect(reserved).toBe(2);
  new LaneWriter(memory, 0).offer(Buffer.alloc(0), 1);
  expect(control(memory, 0, RESERVED_OFFSET)).toBe(reserved);
});
