import { expect, test } from 'vitest';
import {
  GROUP_ACTIVE,
  GROUP_DURABLE,
  GROUP_FREE,
  GROUP_JOINING,
  GROUP_LOSSY,
  GROUP_SHARED,
} from '../../src/layout/group-table.js';
import { NO_POSITION } from '../../src/layout/lane-control.js';
import { IN_FLIGHT_FROM_OFFSET, IN_FLIGHT_LANE_OFFSET } from '../../src/layout/participant-slot.js';
import { GROUP_EPOCH_OFFSET } from '../../src/layout/preamble.js';
import { GATE_HELD, gateLag } from '../../src/ring/gate.js';
import { memberSlotIndex, positionIndex, wordAt } from '../../src/ring/indices.js';
import { BACK_PRESSURED, LaneWriter } from '../../src/ring/lane-writer.js';
import type { SegmentMemory } from '../../src/ring/segment-memory.js';
import { laneReader, setGroupState, startLaneAt } from '../support/lane-state.js';
import { rawSegment } from '../support/raw-segment.js';

const CAPACITY = 65_536;
const RECORDS = CAPACITY / 32;
const EMPTY = Buffer.alloc(0);

/** Offers messages of 32 bytes until one is refused. How many were accepted. */
function fill(writer: LaneWriter): number {
  for (let count = 0; ; count++) if (writer.offer(EMPTY, 1) < 0) return count;
}

function setInFlight(memory: SegmentMemory, group: number, member: number, lane: number, from: number): void {
  const slot = memberSlotIndex(memory, group, member);
  memory.words[wordAt(slot, IN_FLIGHT_LANE_OFFSET)] = lane;
  memory.words[wordAt(slot, IN_FLIGHT_FROM_OFFSET)] = from;
}

test.each([0, 32, 2 ** 31 - 4096, 2 ** 32 - 4096])('a lane that starts at %d holds exactly its capacity', (start) => {
  const { memory } = rawSegment();
  startLaneAt(memory, 0, start, 0);
  const writer = new LaneWriter(memory, 0);
  const reader = laneReader(memory);
  expect(fill(writer)).toBe(RECORDS);
  expect(writer.position).toBe(start + CAPACITY);
  expect(writer.offer(EMPTY, 1)).toBe(BACK_PRESSURED);
  expect(writer.tryClaim(0, 1, 1)).toBe(BACK_PRESSURED);
  expect(writer.offerBatch([EMPTY, EMPTY], 1)).toBe(0);
  for (const room of [1, 2, 7, RECORDS]) {
    expect(reader.poll(() => {}, room)).toBe(room);
    expect(fill(writer)).toBe(room);
  }
});

test('a refused message leaves nothing behind, and the next one that fits goes through', () => {
  const { memory } = rawSegment();
  const writer = new LaneWriter(memory, 0);
  const reader = laneReader(memory);
  while (writer.offer(Buffer.alloc(10_000, 'a'), 1) > 0);
  const position = writer.position;
  expect(writer.offer(Buffer.alloc(16_000, 'b'), 1)).toBe(BACK_PRESSURED);
  expect(writer.position).toBe(position);
  expect(writer.offer(Buffer.from('small'), 7)).toBe(position + 64);
  const seen: (readonly [number, number])[] = [];
  reader.poll((message) => seen.push([message.sequence, message.type]), 100);
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6].map((sequence) => [sequence, sequence === 6 ? 7 : 1]));
});

test('a batch is accepted as far as there is room', () => {
  const { memory } = rawSegment();
  const writer = new LaneWriter(memory, 0);
  const messages = Array.from({ length: RECORDS + 100 }, () => EMPTY);
  expect(writer.offerBatch(messages, 1)).toBe(RECORDS);
  expect(writer.offerBatch(messages, 1)).toBe(0);
  laneReader(memory).poll(() => {}, 50);
  expect(writer.offerBatch(messages, 1)).toBe(50);
});

test('the slowest of several reliable groups holds the writer back, a lossy or free one does not', () => {
  const { memory } = rawSegment({ maxGroups: 4 });
  startLaneAt(memory, 0, 0, 0);
  setGroupState(memory, 1, GROUP_ACTIVE);
  setGroupState(memory, 2, GROUP_ACTIVE | GROUP_LOSSY);
  setGroupState(memory, 3, GROUP_FREE);
  const writer = new LaneWriter(memory, 0);
  const readers = [laneReader(memory, 0, 0), laneReader(memory, 0, 1)];
  expect(fill(writer)).toBe(RECORDS);
  readers[0]!.poll(() => {}, 100);
  expect(fill(writer)).toBe(0);
  readers[1]!.poll(() => {}, 30);
  expect(fill(writer)).toBe(30);
  readers[1]!.poll(() => {}, 200);
  expect(fill(writer)).toBe(70);
});

test('without reliable groups nothing holds the writer back', () => {
  const { memory } = rawSegment();
  setGroupState(memory, 0, GROUP_FREE);
  const writer = new LaneWriter(memory, 0);
  for (let i = 0; i < 3 * RECORDS; i++) expect(writer.offer(EMPTY, 1)).toBe(32 * (i + 1));
});

test('while a group is joining the former gate stands', () => {
  const { memory } = rawSegment({ maxGroups: 2 });
  const writer = new LaneWriter(memory, 0);
  setGroupState(memory, 1, GROUP_JOINING);
  expect(gateLag(memory, 0, 0)).toBe(GATE_HELD);
  expect(writer.offer(EMPTY, 1)).toBe(BACK_PRESSURED); // a new writer has no gate yet
  setGroupState(memory, 1, GROUP_FREE);
  expect(fill(writer)).toBe(RECORDS);
  setGroupState(memory, 1, GROUP_JOINING);
  laneReader(memory).poll(() => {}, 100);
  expect(fill(writer)).toBe(0);
  setGroupState(memory, 1, GROUP_FREE);
  expect(fill(writer)).toBe(100);
});

test('a gate that was computed while the group epoch changed is thrown away', () => {
  const { memory } = rawSegment();
  expect(gateLag(memory, 0, 320)).toBe(320);
  const load = Atomics.load;
  let loads = 0;
  try {
    // Another process joins between the first load of the gate and its last.
    Atomics.load = ((array: Int32Array, index: number) => {
      if (++loads === 2) Atomics.add(memory.words, GROUP_EPOCH_OFFSET >>> 2, 1);
      return load(array, index);
    }) as typeof Atomics.load;
    expect(gateLag(memory, 0, 320)).toBe(GATE_HELD);
  } finally {
    Atomics.load = load;
  }
  expect(gateLag(memory, 0, 320)).toBe(320);
});

test('what a member of a shared group has in flight holds the writer back, whatever its slot says', () => {
  const { memory } = rawSegment({ producers: 2, members: 3 });
  const head = 2 ** 32 + 8192;
  startLaneAt(memory, 0, head, 0);
  setGroupState(memory, 0, GROUP_ACTIVE | GROUP_DURABLE | GROUP_SHARED);
  memory.words[positionIndex(memory, 0, 0)] = head - 64; // claimed up to here
  const lag = () => gateLag(memory, 0, head | 0);
  expect(lag()).toBe(64);
  setInFlight(memory, 0, 2, 0, (head - 4096) | 0);
  expect(lag()).toBe(4096);
  setInFlight(memory, 0, 1, 0, (head - CAPACITY) | 0);
  expect(lag()).toBe(CAPACITY);
  setInFlight(memory, 0, 1, 0, (head - CAPACITY - 32) | 0); // farther than a lane: it was never validated
  expect(lag()).toBe(4096);
  setInFlight(memory, 0, 2, 1, (head - 4096) | 0); // in another lane
  expect(lag()).toBe(64);
  setInFlight(memory, 0, 2, 0, NO_POSITION);
  setInFlight(memory, 0, 1, 0, (head + 32) | 0);
  expect(lag()).toBe(64);
});

test('in an exclusive group in-flight entries mean nothing', () => {
  const { memory } = rawSegment({ members: 2 });
  startLaneAt(memory, 0, 4096, 0);
  setInFlight(memory, 0, 1, 0, 0);
  expect(gateLag(memory, 0, 4096)).toBe(0);
});
