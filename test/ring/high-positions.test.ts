import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { HEAD_HIGH_OFFSET, HEAD_LOW_OFFSET } from '../../src/layout/lane-control.js';
import { exactHead, headAndSequence } from '../../src/ring/head.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import { segmentMemory } from '../../src/ring/segment-memory.js';
import { laneReader, lossyReader, setControl, startLaneAt } from '../support/lane-state.js';
import { rawSegment } from '../support/raw-segment.js';

/** Bytes that a message of 40 takes, and messages that go through before and after the border. */
const RECORD = 96;
const ROUNDS = 100;

const borders = [2 ** 31, 2 ** 32, 3 * 2 ** 31, 2 ** 33, 2 ** 40, 2 ** 45, 2 ** 50];

describe.each(borders)('a lane whose head passes %d', (border) => {
  const start = border - (ROUNDS / 2) * RECORD - (border % RECORD) - 32 * 7 - ((border - 32 * 7) % 32);

  test('has exact positions and sequences throughout, for writers, successors, readers and observers', () => {
    const { memory } = rawSegment();
    startLaneAt(memory, 0, start, 1000);
    const reader = laneReader(memory);
    const lossy = lossyReader(memory, 0, 0);
    let writer = new LaneWriter(memory, 0);
    expect(writer.position).toBe(start);
    let position = start;
    for (let round = 0; round < ROUNDS; round++) {
      if (round % 7 === 3) writer = new LaneWriter(memory, 0); // as after a death
      const capacity = memory.geometry.laneCapacity;
      const untilEnd = capacity - (position % capacity);
      position += RECORD + (untilEnd < RECORD ? untilEnd : 0);
      expect(writer.offer(Buffer.alloc(40, round), 1)).toBe(position);
      expect(writer.position).toBe(position);
      expect(exactHead(memory, 0)).toBe(position);
      expect(headAndSequence(memory, 0)).toEqual({ position, sequence: 1001 + round });
      for (const each of [reader, lossy]) {
        const polled = each.poll((message) => {
          expect([message.sequence, message.length, message.payload[39]]).toEqual([1000 + round, 40, round]);
        }, 10);
        expect(polled).toBe(1);
      }
    }
    expect(position).toBeGreaterThan(border);
    expect(lossy.lost).toBe(0);
  });

  test('has an exact head while the high word is one ahead of the low word', () => {
    const { memory } = rawSegment();
    startLaneAt(memory, 0, border - 64, 0);
    setControl(memory, 0, HEAD_HIGH_OFFSET, border / 2 ** 31); // the writer died, or is, between its two stores
    expect(exactHead(memory, 0)).toBe(border - 64);
    const successor = new LaneWriter(memory, 0);
    expect(successor.position).toBe(border - 64);
    expect(successor.offer(Buffer.alloc(0), 1)).toBe(border - 32);
    expect(exactHead(memory, 0)).toBe(border - 32);
    expect(successor.offer(Buffer.alloc(0), 1)).toBe(border);
    expect(exactHead(memory, 0)).toBe(border);
  });
});

test.each([2 ** 31, 2 ** 32])('an exact head is taken again when the writer passes %d meanwhile', (border) => {
  const { memory } = rawSegment();
  startLaneAt(memory, 0, border - 64, 0);
  const { load } = Atomics;
  let loads = 0;
  Atomics.load = ((words: Int32Array, index: number) => {
    const value = load(words, index);
    if (++loads === 1) startLaneAt(memory, 0, border + 4096, 0); // between the first load of it and the second
    return value;
  }) as typeof Atomics.load;
  try {
    expect(exactHead(memory, 0)).toBe(border + 4096);
  } finally {
    Atomics.load = load;
  }
});

test.each([2 ** 32, 2 ** 33, 2 ** 32 * 12_345])('sequences count on over %d', (border) => {
  const { memory } = rawSegment();
  startLaneAt(memory, 0, 0, border - 5);
  const reader = laneReader(memory);
  const lossy = lossyReader(memory, 0, 0);
  const seen: number[][] = [[], []];
  for (let round = 0; round < 10; round++) {
    const writer = new LaneWriter(memory, 0);
    expect(writer.offerBatch([Buffer.alloc(1)], 1)).toBe(1);
    if (round % 3 === 0) reader.poll((message) => seen[0]!.push(message.sequence), 10);
    lossy.poll((message) => seen[1]!.push(message.sequence), 10);
  }
  const expected = Array.from({ length: 10 }, (_, i) => border - 5 + i);
  expect(seen).toEqual([expected, expected]);
  expect(headAndSequence(memory, 0)?.sequence).toBe(border + 5);
  expect(lossy.lost).toBe(0);
});

test.each([2 ** 32, 2 ** 32 * 12_345])('sequences of messages that are claimed together count on over %d', (border) => {
  for (const count of [2, 5, 16]) {
    for (const before of [0, 1, count - 1, count]) {
      const { memory } = rawSegment();
      startLaneAt(memory, 0, 0, border - before);
      const reader = laneReader(memory);
      const writer = new LaneWriter(memory, 0);
      writer.tryClaim(8, 1, count);
      writer.commit();
      writer.offer(Buffer.alloc(8), 1);
      const seen: number[] = [];
      reader.poll((message) => seen.push(message.sequence), 100);
      expect(seen).toEqual(Array.from({ length: count + 1 }, (_, i) => border - before + i));
      expect(headAndSequence(memory, 0)?.sequence).toBe(border - before + count + 1);
    }
  }
});

test('an observer never sees an exact head go back or jump while a writer passes borders', async () => {
  const { header } = rawSegment();
  const memory = segmentMemory(new SharedArrayBuffer(header.sections.fileLength), header);
  const [start, end] = [2 ** 32 - 65_536 * 40, 2 ** 32 + 65_536 * 40];
  startLaneAt(memory, 0, start, 0);
  // Publishes as the writer does: high word first, and only when it changes. Two words a step, so that borders abound.
  const worker = new Worker(
    `const { words, low, high, start, end } = require('node:worker_threads').workerData;
    for (let position = start; position < end; position += 32) {
      if (((position ^ (position - 32)) | 0) < 0) Atomics.store(words, high, Math.floor(position / 2 ** 31));
      Atomics.store(words, low, position | 0);
    }`,
    {
      eval: true,
      workerData: {
        words: memory.words,
        low: (memory.sections.laneControlsOffset + HEAD_LOW_OFFSET) / 4,
        high: (memory.sections.laneControlsOffset + HEAD_HIGH_OFFSET) / 4,
        start,
        end,
      },
    },
  );
  const ended = new Promise((resolve) => worker.on('exit', resolve));
  let [before, fault] = [start, ''];
  for (let looks = 0; before < end - 32 && looks < 100_000_000; looks++) {
    const head = exactHead(memory, 0);
    if (head < before || head >= end || head % 32 !== 0) fault ||= `${head} after ${before}`;
    before = head;
  }
  await ended;
  expect(fault).toBe('');
  expect(before).toBe(end - 32);
});
