import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COUNTER_LENGTH, COUNTERS_PER_SLOT } from '../../src/layout/counters.js';
import { type Geometry, sectionsOf } from '../../src/layout/geometry.js';
import * as GroupTable from '../../src/layout/group-table.js';
import * as LaneControl from '../../src/layout/lane-control.js';
import * as Locks from '../../src/layout/locks.js';
import * as Slot from '../../src/layout/participant-slot.js';
import { POSITION_LENGTH, POSITION_LOW_OFFSET, positionOffset } from '../../src/layout/positions.js';
import * as Preamble from '../../src/layout/preamble.js';

/** A run of bytes of the file that one participant writes to while others are busy. */
interface Territory {
  readonly owner: string;
  readonly start: number;
  readonly end: number;
}

/** Cache lines are 64 bytes, and processors fetch them in pairs. */
const APART = 128;

const geometry: fc.Arbitrary<Geometry> = fc.record({
  laneCount: fc.integer({ min: 1, max: 20 }),
  groupCount: fc.integer({ min: 1, max: 9 }),
  memberCount: fc.integer({ min: 1, max: 9 }),
  laneCapacity: fc.constantFrom(65_536, 131_072),
  maxPayloadLength: fc.constant(100),
});

function territoriesOf(shape: Geometry): Territory[] {
  const { laneCount, groupCount, memberCount, laneCapacity } = shape;
  const sections = sectionsOf(shape);
  const found: Territory[] = [];
  const claim = (owner: string, start: number, length: number) => found.push({ owner, start, end: start + length });
  // Whoever goes to sleep, joins, attaches or removes writes these; each is taken for a writer of its own.
  const {
    CONSUMER_BELL_OFFSET,
    PRODUCER_BELL_OFFSET,
    GROUP_EPOCH_OFFSET,
    CONTROL_HOLDER_OFFSET,
    ROSTER_OFFSET,
    NEWS_OFFSET,
  } = Preamble;
  claim('creator', 0, Preamble.READY_OFFSET + 4);
  const shared = { CONSUMER_BELL_OFFSET, PRODUCER_BELL_OFFSET, GROUP_EPOCH_OFFSET, CONTROL_HOLDER_OFFSET, NEWS_OFFSET };
  for (const [name, offset] of Object.entries({ ...shared, ROSTER_OFFSET })) claim(name, offset, 4);
  claimSlots((lane) => `producer ${lane}`, sections.producerSlotsOffset, laneCount);
  claimSlots((slot) => `member ${slot}`, sections.memberSlotsOffset, groupCount * memberCount);
  claim('control lock', sections.groupTableOffset, groupCount * GroupTable.GROUP_ENTRY_LENGTH);
  for (let lane = 0; lane < laneCount; lane++) {
    const control = sections.laneControlsOffset + LaneControl.laneControlOffset(lane);
    claim(`producer ${lane}`, control, LaneControl.RESERVED_OFFSET + 4);
    claim(`producer ${lane} and its reapers`, control + LaneControl.LANE_NEWS_OFFSET, 4);
    claim(`producer ${lane}`, sections.lanesOffset + lane * laneCapacity, laneCapacity);
    for (let group = 0; group < groupCount; group++) {
      const start = sections.positionsOffset + positionOffset(group, lane, laneCount);
      claim(`position ${group}:${lane}`, start, POSITION_LOW_OFFSET + 4);
    }
  }
  return found.sort((a, b) => a.start - b.start);

  /** The head of a slot and its counters are the owner's; its sleep word and its in-flight entry have other writers too. */
  function claimSlots(owner: (slot: number) => string, start: number, count: number): void {
    for (let slot = 0; slot < count; slot++) {
      const at = start + slot * Slot.PARTICIPANT_SLOT_LENGTH;
      claim(owner(slot), at, Slot.SLOT_THREAD_ID_OFFSET + 4);
      claim(`${owner(slot)} and its ringers`, at + Slot.SLOT_SLEEP_OFFSET, 4);
      claim(`${owner(slot)} and its adopter`, at + Slot.IN_FLIGHT_LANE_OFFSET, 12);
      claim(owner(slot), at + Slot.SLOT_COUNTERS_OFFSET, COUNTERS_PER_SLOT * COUNTER_LENGTH);
    }
  }
}

test('words of different writers start at least 128 bytes apart and never overlap, whatever the geometry', () => {
  fc.assert(
    fc.property(geometry, (shape) => {
      const territories = territoriesOf(shape);
      for (let i = 1; i < territories.length; i++) {
        const [before, after] = [territories[i - 1]!, territories[i]!];
        expect(before.end, `${before.owner} | ${after.owner}`).toBeLessThanOrEqual(after.start);
        if (before.owner === after.owner) continue;
        const pair = (offset: number) => Math.floor(offset / APART);
        expect(pair(before.end - 1), `${before.owner} | ${after.owner}`).toBeLessThan(pair(after.start));
      }
      expect(territories.at(-1)!.end).toBe(sectionsOf(shape).fileLength);
    }),
    { numRuns: 60 },
  );
});

test('structures of one array follow one another at their length', () => {
  expect([0, 1, 7].map(LaneControl.laneControlOffset)).toEqual(
    [0, 1, 7].map((n) => n * LaneControl.LANE_CONTROL_LENGTH),
  );
  expect([0, 1, 7].map(Slot.producerSlotOffset)).toEqual([0, 1, 7].map((n) => n * Slot.PARTICIPANT_SLOT_LENGTH));
  expect([0, 1, 7].map(GroupTable.groupEntryOffset)).toEqual([0, 1, 7].map((n) => n * GroupTable.GROUP_ENTRY_LENGTH));
  expect(Slot.memberSlotOffset(2, 3, 5)).toBe(13 * Slot.PARTICIPANT_SLOT_LENGTH);
  expect(positionOffset(2, 3, 5)).toBe(13 * POSITION_LENGTH);
});

test('no two participants have the same lock byte, and none lies within a file', () => {
  fc.assert(
    fc.property(geometry, ({ laneCount, groupCount, memberCount }) => {
      const bytes = [Locks.CONTROL_LOCK_OFFSET];
      for (let lane = 0; lane < laneCount; lane++) bytes.push(Locks.producerLockOffset(lane));
      for (let group = 0; group < groupCount; group++) {
        for (let member = 0; member < memberCount; member++) {
          bytes.push(Locks.memberLockOffset(group, member, memberCount));
        }
      }
      expect(new Set(bytes).size).toBe(bytes.length);
    }),
    { numRuns: 60 },
  );
  const largest = Locks.memberLockOffset(63, 63, 64);
  expect(Locks.producerLockOffset(255)).toBeLessThan(Locks.memberLockOffset(0, 0, 1));
  expect(Locks.CONTROL_LOCK_OFFSET).toBeGreaterThan(4 * 1024 ** 3);
  expect(Number.isSafeInteger(largest)).toBe(true);
});
