import { afterEach, describe, expect, test, vi } from 'vitest';
import { HEAD_LOW_OFFSET } from '../../src/layout/lane-control.js';
import { exactHead, headAndSequence, sequenceAt } from '../../src/ring/head.js';
import { laneControlIndex, wordAt } from '../../src/ring/indices.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import type { SegmentMemory } from '../../src/ring/segment-memory.js';
import { laneReader, startLaneAt } from '../support/lane-state.js';
import { rawSegment } from '../support/raw-segment.js';

const RECORD = 64;
const load = Atomics.load;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs `step` before the `nth` atomic load that `read` makes, counted from 0. False when it makes fewer. */
function interrupted(nth: number, step: () => void, read: () => void): boolean {
  let count = 0;
  let isInStep = false;
  vi.spyOn(Atomics, 'load').mockImplementation(((words: Int32Array, index: number) => {
    if (!isInStep && count++ === nth) {
      isInStep = true;
      step();
      isInStep = false;
    }
    return load(words, index);
  }) as typeof Atomics.load);
  read();
  vi.restoreAllMocks();
  return count > nth;
}

/** The same memory, of which each plain access throws: a plain load may be satisfied after a later atomic one. */
function atomicOnly(memory: SegmentMemory): SegmentMemory {
  const { words } = memory;
  const guarded = new Proxy(words, {
    get(_, property) {
      throw new Error(`word ${String(property)} is loaded plainly`);
    },
  });
  vi.spyOn(Atomics, 'load').mockImplementation(((array: Int32Array, index: number) =>
    load(array === guarded ? words : array, index)) as typeof Atomics.load);
  return { ...memory, words: guarded };
}

describe('a head and its sequence, read while the lane is written', () => {
  test.each([1, 2, 3])('belong together at whatever load %d publications come between', (count) => {
    const { memory } = rawSegment();
    const writer = new LaneWriter(memory, 0);
    const reader = laneReader(memory);
    for (let i = 0; i < 5; i++) writer.offer(Buffer.alloc(RECORD - 32), 1);
    const publish = () => {
      reader.poll(() => {}, 100); // so that there is room
      for (let i = 0; i < count; i++) writer.offer(Buffer.alloc(RECORD - 32), 1);
    };
    let nth = 0;
    const isInterrupted = () =>
      interrupted(nth, publish, () => {
        const { position, sequence } = headAndSequence(memory, 0)!;
        expect(position).toBe(sequence * RECORD);
      });
    while (isInterrupted()) nth++;
    expect(nth).toBeGreaterThan(9);
  });

  test('belong together when the low word has come round meanwhile', () => {
    const { memory } = rawSegment();
    const lap = 2 ** 32;
    let nth = 0;
    let laps = 0;
    const isInterrupted = () => {
      startLaneAt(memory, 0, 0, 0);
      laps = 0;
      return interrupted(
        nth,
        () => startLaneAt(memory, 0, ++laps * lap, laps * 1000),
        () => {
          const { position, sequence } = headAndSequence(memory, 0)!;
          expect(sequence, `load ${nth}`).toBe((position / lap) * 1000);
        },
      );
    };
    while (isInterrupted()) nth++;
    expect(nth).toBeGreaterThan(9);
  });

  test('are nothing where no handover entry belongs to the head', () => {
    const { memory } = rawSegment();
    memory.words[wordAt(laneControlIndex(memory, 0), HEAD_LOW_OFFSET)] = 32;
    expect(headAndSequence(memory, 0)).toBeUndefined();
  });
});

test('what is looked at beside a writer is loaded atomically', () => {
  const { memory } = rawSegment();
  const writer = new LaneWriter(memory, 0);
  for (let i = 0; i < 7; i++) writer.offer(Buffer.alloc(RECORD - 32), 1);
  const guarded = atomicOnly(memory);
  expect(exactHead(guarded, 0)).toBe(7 * RECORD);
  expect(headAndSequence(guarded, 0)).toEqual({ position: 7 * RECORD, sequence: 7 });
  expect(sequenceAt(guarded, 0, 3 * RECORD)).toBe(3);
});
