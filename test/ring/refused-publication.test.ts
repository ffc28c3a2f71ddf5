import { describe, expect, test } from 'vitest';
import { HermesError } from '../../src/errors.js';
import { RESERVED_OFFSET } from '../../src/layout/lane-control.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import { markRemoved } from '../../src/ring/roster-word.js';
import type { SegmentMemory } from '../../src/ring/segment-memory.js';
import { control, laneReader, startLaneAt } from '../support/lane-state.js';
import { rawSegment } from '../support/raw-segment.js';
import { codeOf } from '../support/thrown.js';

const CAPACITY = 65_536;

/** Where records go first, which refuses when it is told to. */
class Sink {
  /** Publications that are let through before one is refused. */
  accepts = Number.POSITIVE_INFINITY;
  onTake: () => void = () => {};

  take(): void {
    if (this.accepts-- <= 0) throw new HermesError('ERR_HERMES_NO_SPACE', 'full');
    this.onTake();
  }
}

function writing(start: number, checksum = false) {
  const { memory } = rawSegment({ checksum, maxPayload: 4096 });
  startLaneAt(memory, 0, start, 2 ** 32 - 3);
  const sink = new Sink();
  const writer = new LaneWriter(memory, 0, undefined, sink);
  const reader = laneReader(memory);
  const received = () => {
    const found: string[] = [];
    reader.poll(({ sequence, payload }) => found.push(`${sequence - (2 ** 32 - 3)} ${payload[0]}`), 10_000);
    return found;
  };
  return { memory, sink, writer, received };
}

const payload = (number: number, length = 992) => Buffer.alloc(length, number);
const batch = (count: number) => Array.from({ length: count }, (_, i) => payload(i));
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `${i} ${i}`);

const WAYS: Record<string, (writer: LaneWriter, memory: SegmentMemory) => unknown> = {
  offer: (writer) => writer.offer(payload(9), 1),
  offerBatch: (writer) => writer.offerBatch([payload(9), payload(9, 8), payload(9)], 1),
  'a claim': (writer) => {
    writer.tryClaim(992, 1, 1);
    writer.commit();
  },
  'a claim of several': (writer) => {
    writer.tryClaim(2000, 1, 5);
    writer.commit();
  },
};

// At the start of a lane, so that there is padding, where head's high word changes, and where the low word comes round.
describe.each([0, CAPACITY - 64, CAPACITY - 1024, 2 ** 31 - 64, 2 ** 32 - 1024, 2 ** 40])('at position %d', (start) => {
  test.each(Object.entries(WAYS))('%s that is refused is never seen, and leaves no gap', (_, write) => {
    for (const checksum of [false, true]) {
      const { memory, sink, writer, received } = writing(start, checksum);
      for (let times = 0; times < 3; times++) {
        sink.accepts = 0;
        expect(codeOf(() => write(writer, memory))).toBe('ERR_HERMES_NO_SPACE');
        expect([writer.position, received()]).toEqual([start, []]);
        expect(codeOf(() => writer.commit())).toBe('ERR_HERMES_INVALID_STATE');
      }
      sink.accepts = 2;
      writer.offer(payload(0), 1);
      writer.offerBatch([payload(1), payload(2)], 1);
      expect(received()).toEqual(numbered(3));
    }
  });
});

describe('a batch in parts', () => {
  test('of which nothing was published throws', () => {
    const { sink, writer, received } = writing(0);
    sink.accepts = 0;
    expect(codeOf(() => writer.offerBatch(batch(60), 1))).toBe('ERR_HERMES_NO_SPACE');
    expect(received()).toEqual([]);
    sink.accepts = 9;
    expect(writer.offerBatch(batch(60), 1)).toBe(60);
    expect(received()).toEqual(numbered(60));
  });

  test('tells how many were published before it was refused; the next call is told why', () => {
    const { sink, writer, received } = writing(0);
    sink.accepts = 1;
    const published = writer.offerBatch(batch(60), 1);
    expect(published).toBe(32);
    expect(received()).toEqual(numbered(32));
    expect(codeOf(() => writer.offerBatch(batch(60).slice(published), 1))).toBe('ERR_HERMES_NO_SPACE');
    sink.accepts = 9;
    expect(writer.offerBatch(batch(60).slice(published), 1)).toBe(28);
    expect(received()).toEqual(numbered(60).slice(published));
  });

  test('likewise when the segment is removed meanwhile', () => {
    const { memory, sink, writer, received } = writing(0);
    sink.onTake = () => markRemoved(memory);
    expect(writer.offerBatch(batch(60), 1)).toBe(32);
    expect(received()).toEqual(numbered(32));
    expect(codeOf(() => writer.offerBatch(batch(60).slice(32), 1))).toBe('ERR_HERMES_REMOVED');
    expect(codeOf(() => writer.offer(payload(9), 1))).toBe('ERR_HERMES_REMOVED');
    expect(received()).toEqual([]);
  });
});

test('a batch in one part that finds the segment removed publishes nothing', () => {
  const { memory, writer, received } = writing(0);
  expect(writer.offer(payload(0, 0), 1)).toBe(32); // from now on there is an eighth of the lane to be written without asking
  markRemoved(memory);
  expect(codeOf(() => writer.offerBatch(batch(20), 1))).toBe('ERR_HERMES_REMOVED');
  expect(received()).toEqual(['0 undefined']);
});

test('asking whether there is room announces nothing to lossy readers', () => {
  const { memory, writer } = writing(0);
  const reserved = control(memory, 0, RESERVED_OFFSET);
  expect([writer.hasRoom(0), writer.hasRoom(4096)]).toEqual([true, true]);
  expect(control(memory, 0, RESERVED_OFFSET)).toBe(reserved);
  while (writer.offer(payload(1, 4064), 1) >= 0);
  expect([writer.hasRoom(0), writer.hasRoom(4096)]).toEqual([false, false]);
});
