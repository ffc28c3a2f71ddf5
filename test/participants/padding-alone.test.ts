import { describe, expect, onTestFinished, test } from 'vitest';
import { attachConsumer, type Consumer, type ConsumerOptions, createSegment, inspectSegment } from '../../src/index.js';
import { NO_POSITION } from '../../src/layout/lane-control.js';
import {
  IN_FLIGHT_FROM_OFFSET,
  SLOT_ATTACHED,
  SLOT_FREE,
  SLOT_STATE_OFFSET,
} from '../../src/layout/participant-slot.js';
import { InFlight } from '../../src/ring/in-flight.js';
import { memberSlotIndex, positionIndex, wordAt } from '../../src/ring/indices.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import { raiseLanesInUse } from '../../src/ring/roster-word.js';
import type { SegmentMemory } from '../../src/ring/segment-memory.js';
import { publishPadding } from '../support/padding.js';
import { openRaw, SEGMENT_NAME, SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';

// Padding that is published with no message behind it. Hermes always puts the message there; other writers need not.

interface Setting {
  readonly directory: string;
  readonly memory: SegmentMemory;
  readonly writer: LaneWriter;
  attach(options?: ConsumerOptions): Consumer;
}

/** A lane of which `count` messages were published. */
function laneOf(count: number, { shared = false, checksum = false } = {}): Setting {
  const directory = scratchDirectory();
  createSegment(SEGMENT_NAME, { ...SMALL, maxGroups: 2, members: 3, shared, checksum, directory });
  const { memory } = openRaw(directory);
  raiseLanesInUse(memory, 0);
  const writer = new LaneWriter(memory, 0);
  for (let i = 0; i < count; i++) writer.offer(Buffer.of(i), 1);
  const attach = (options: ConsumerOptions = {}) => {
    const consumer = attachConsumer(SEGMENT_NAME, { ...options, directory });
    onTestFinished(() => consumer.detach());
    return consumer;
  };
  return { directory, memory, writer, attach };
}

/** The first bytes of what a poll hands out. */
function polled(consumer: Consumer): number[] {
  const seen: number[] = [];
  consumer.poll((message) => seen.push(message.payload[0]!));
  return seen;
}

const positionOf = (memory: SegmentMemory) => Atomics.load(memory.words, positionIndex(memory, 0, 0)) >>> 0;
const inFlightOf = (memory: SegmentMemory, member: number) =>
  Atomics.load(memory.words, wordAt(memberSlotIndex(memory, 0, member), IN_FLIGHT_FROM_OFFSET));
const stateOf = (memory: SegmentMemory, member: number) =>
  Atomics.load(memory.words, wordAt(memberSlotIndex(memory, 0, member), SLOT_STATE_OFFSET));

describe.each([
  { shared: false, checksum: false },
  { shared: false, checksum: true },
  { shared: true, checksum: false },
  { shared: true, checksum: true },
])('a reliable group ($shared, with checksums $checksum)', (kind) => {
  test('passes padding that came alone, acknowledges it, and has nothing left to do', () => {
    const { memory, attach, directory } = laneOf(2, kind);
    const consumer = attach();
    expect(polled(consumer)).toEqual([0, 1]);
    const end = publishPadding(memory);
    expect(consumer.wait({ timeout: 0 })).toBe(true);
    expect(polled(consumer)).toEqual([]);
    expect(positionOf(memory)).toBe(end);
    expect(inFlightOf(memory, 0)).toBe(NO_POSITION);
    expect(consumer.wait({ timeout: 0 })).toBe(false);
    expect(consumer.isDrained()).toBe(true);
    expect(inspectSegment(SEGMENT_NAME, { directory }).groups).toMatchObject([{ lagLength: 0, lagCount: 0 }]);
  });

  test('passes it with read, too, and acknowledges no message before it', () => {
    const { memory, attach } = laneOf(1, kind);
    const consumer = attach();
    const seen: number[] = [];
    const read = () => consumer.read((message) => seen.push(message.payload[0]!));
    expect(read()).toBe(1);
    if (!kind.shared) {
      const end = publishPadding(memory);
      expect(read()).toBe(0);
      expect(positionOf(memory)).toBe(0);
      consumer.acknowledge();
      expect(positionOf(memory)).toBe(end);
      return;
    }
    consumer.acknowledge();
    const end = publishPadding(memory);
    expect(read()).toBe(0);
    expect(positionOf(memory)).toBe(end);
    expect(inFlightOf(memory, 0)).toBe(NO_POSITION);
    expect(read()).toBe(0); // nothing is held that would have to be acknowledged first
  });

  test('passes it at the start and the end of what it reads', () => {
    const { memory, attach } = laneOf(1, kind);
    const consumer = attach();
    publishPadding(memory);
    expect(polled(consumer)).toEqual([0]);
    const successor = new LaneWriter(memory, 0);
    successor.offer(Buffer.of(1), 1);
    expect(polled(consumer)).toEqual([1]);
    const end = publishPadding(memory);
    polled(consumer);
    expect(positionOf(memory)).toBe(end);
  });

  test('holds no writer back for it', () => {
    const { memory, attach } = laneOf(1, kind);
    const [consumer, other] = [attach(), kind.shared ? attach() : undefined];
    polled(consumer);
    publishPadding(memory);
    polled(consumer); // and never again
    const writer = new LaneWriter(memory, 0);
    const whole = Buffer.alloc(memory.geometry.laneCapacity / 4 - 32);
    for (let i = 0; i < 4; i++) expect(writer.offer(whole, 1), `message ${i}`).toBeGreaterThan(0);
    expect(polled(other ?? consumer).length).toBe(4);
    for (let i = 0; i < 4; i++) expect(writer.offer(whole, 1), `message ${i} of the next lap`).toBeGreaterThan(0);
  });
});

test.each([true, false])('a dead member that had claimed only that leaves nothing behind (poll %s)', (polls) => {
  const { memory, attach } = laneOf(1, { shared: true });
  const consumer = attach();
  polled(consumer);
  // Two have died with the padding in flight.
  const start = positionOf(memory);
  const end = publishPadding(memory);
  Atomics.store(memory.words, positionIndex(memory, 0, 0), end);
  for (const member of [1, 2]) {
    const entry = new InFlight(memory, 0, member);
    entry.announce(0, start);
    entry.extendTo(end);
    Atomics.store(memory.words, wordAt(memberSlotIndex(memory, 0, member), SLOT_STATE_OFFSET), SLOT_ATTACHED);
  }
  const other = attach(); // takes the place of one of them, and its orphan
  for (const member of [other, consumer]) {
    if (polls) expect(polled(member)).toEqual([]);
    else expect(member.read(() => {})).toBe(0);
  }
  expect([0, 1, 2].map((member) => inFlightOf(memory, member))).toEqual([NO_POSITION, NO_POSITION, NO_POSITION]);
  expect([0, 1, 2].map((member) => stateOf(memory, member))).toEqual([SLOT_ATTACHED, SLOT_ATTACHED, SLOT_FREE]);
  expect(consumer.isDrained()).toBe(true);
});

test.each([false, true])('a lossy consumer passes it (checksums %s)', (checksum) => {
  const { memory, attach } = laneOf(1, { checksum });
  const consumer = attach({ group: 'tail', mode: 'lossy' });
  publishPadding(memory);
  expect(consumer.wait({ timeout: 0 })).toBe(true);
  expect(polled(consumer)).toEqual([]);
  expect(consumer.wait({ timeout: 0 })).toBe(false);
  expect(consumer.lost).toBe(0);
});
