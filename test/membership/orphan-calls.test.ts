import { expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, inspectSegment } from '../../src/index.js';
import { GROUP_ATTENTION_OFFSET } from '../../src/layout/group-table.js';
import { SLOT_ATTACH_COUNT_OFFSET, SLOT_ATTACHED, SLOT_STATE_OFFSET } from '../../src/layout/participant-slot.js';
import { POSITION_LOW_OFFSET } from '../../src/layout/positions.js';
import { Reaper } from '../../src/membership/reap.js';
import { InFlight } from '../../src/ring/in-flight.js';
import { groupEntryIndex, memberSlotIndex, positionIndex, wordAt } from '../../src/ring/indices.js';
import type { Segment } from '../../src/segment/segment.js';
import { openRaw, SEGMENT_NAME, SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';

const RECORD = 64;

/** A member of a shared group took its slot, claimed the `nth` message, and died. */
function dieWith({ memory }: Segment, member: number, nth: number): void {
  const slot = memberSlotIndex(memory, 0, member);
  const entry = new InFlight(memory, 0, member);
  memory.words[wordAt(slot, SLOT_ATTACH_COUNT_OFFSET)]!++;
  Atomics.store(memory.words, wordAt(slot, SLOT_STATE_OFFSET), SLOT_ATTACHED);
  entry.announce(0, nth * RECORD);
  entry.extendTo((nth + 1) * RECORD);
  Atomics.store(memory.words, wordAt(positionIndex(memory, 0, 0), POSITION_LOW_OFFSET), (nth + 1) * RECORD);
}

const attentionOf = ({ memory }: Segment) =>
  Atomics.load(memory.words, wordAt(groupEntryIndex(memory, 0), GROUP_ATTENTION_OFFSET));

/** The numbers of the looks, of so many, at which somebody was called. */
function callsIn(reaper: Reaper, looks: number): number[] {
  return Array.from({ length: looks }, (_, look) => look).filter(() => reaper.reapIfNeeded());
}

/** A work queue with three messages and no living member. */
function queue(): { directory: string; segment: Segment; reaper: Reaper } {
  const directory = scratchDirectory();
  createSegment(SEGMENT_NAME, { ...SMALL, members: 3, shared: true, directory });
  using producer = attachProducer(SEGMENT_NAME, { directory });
  for (let i = 0; i < 3; i++) producer.offer(Buffer.of(i));
  const segment = openRaw(directory);
  return { directory, segment, reaper: new Reaper(segment) };
}

test('an orphan that nobody can handle is called for at once, and then at every twentieth look', () => {
  const { directory, segment, reaper } = queue();
  dieWith(segment, 1, 0);
  expect(callsIn(reaper, 50)).toEqual([0, 20, 40]);
  expect(attentionOf(segment)).toBe(3);
  using consumer = attachConsumer(SEGMENT_NAME, { directory });
  const seen: number[] = [];
  for (let i = 0; i < 3; i++) consumer.poll((message) => seen.push(message.payload[0]!));
  expect(seen).toEqual([0, 1, 2]);
  expect(inspectSegment(SEGMENT_NAME, { directory }).groups[0]).toMatchObject({ orphanCount: 0, redelivered: 1 });
});

test('another death is called for at once, in another slot and in the same one', () => {
  const { segment, reaper } = queue();
  dieWith(segment, 1, 0);
  expect(callsIn(reaper, 3)).toEqual([0]);
  dieWith(segment, 2, 1);
  expect(callsIn(reaper, 3)).toEqual([0]);
  dieWith(segment, 1, 2); // its slot was free and taken meanwhile
  expect(callsIn(reaper, 3)).toEqual([0]);
});

test('each who looks calls once: the first caller may be gone', () => {
  const { directory, segment, reaper } = queue();
  const another = new Reaper(openRaw(directory));
  dieWith(segment, 0, 0);
  for (const looker of [reaper, another]) expect(callsIn(looker, 5)).toEqual([0]);
});
