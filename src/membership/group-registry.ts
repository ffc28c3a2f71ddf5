import { HermesError } from '../errors.js';
import { COUNTER_LENGTH, COUNTERS_PER_SLOT } from '../layout/counters.js';
import {
  GROUP_ACTIVE,
  GROUP_CREATED_AT_OFFSET,
  GROUP_DURABLE,
  GROUP_FREE,
  GROUP_JOINING,
  GROUP_LOSSY,
  GROUP_NAME_LENGTH_OFFSET,
  GROUP_NAME_OFFSET,
  GROUP_SHARED,
  GROUP_STATE_OFFSET,
} from '../layout/group-table.js';
import { HEAD_LOW_OFFSET } from '../layout/lane-control.js';
import { SLOT_COUNTERS_OFFSET } from '../layout/participant-slot.js';
import { POSITION_LOW_OFFSET } from '../layout/positions.js';
import { GROUP_EPOCH_OFFSET } from '../layout/preamble.js';
import { storeTime } from '../ring/clock.js';
import { groupEntryIndex, laneControlIndex, memberSlotIndex, positionIndex, wordAt } from '../ring/indices.js';
import type { SegmentMemory } from '../ring/segment-memory.js';
import { activeGroups, type GroupKind, groupState, groupsInState } from '../segment/group-entries.js';

const WORDS_OF_COUNTERS: number = (COUNTERS_PER_SLOT * COUNTER_LENGTH) >>> 2;

/** Where a new group begins: at the oldest message that a reliable group still holds, or at the next one. */
export type JoinFrom = 'oldest' | 'latest';

/**
 * Enters a new group into the table: from its activation on it sees every message. The control lock must be held.
 * Returns the group's number. @throws HermesError ERR_HERMES_NO_FREE_GROUP
 */
export function joinGroup(memory: SegmentMemory, name: string, kind: GroupKind, from: JoinFrom): number {
  const { words } = memory;
  const [group] = groupsInState(memory, GROUP_FREE);
  if (group === undefined) throw noFreeGroup(memory);
  writeEntry(memory, group, name);
  clearCounters(memory, group);
  const flags =
    (kind.mode === 'lossy' ? GROUP_LOSSY : 0) | (kind.shared ? GROUP_SHARED : 0) | (kind.durable ? GROUP_DURABLE : 0);
  storeGroupState(memory, group, GROUP_JOINING | flags);
  Atomics.add(words, GROUP_EPOCH_OFFSET >>> 2, 1); // SYNC: joined
  for (let lane = 0; lane < memory.geometry.laneCount; lane++) {
    const position = startPosition(memory, lane, from);
    Atomics.store(words, wordAt(positionIndex(memory, group, lane), POSITION_LOW_OFFSET), position); // SYNC: consumed
  }
  storeGroupState(memory, group, GROUP_ACTIVE | flags);
  return group;
}

/** What the members of the entry's former group have counted is not the new one's. Nobody owns their slots. */
function clearCounters(memory: SegmentMemory, group: number): void {
  for (let member = 0; member < memory.geometry.memberCount; member++) {
    const first = wordAt(memberSlotIndex(memory, group, member), SLOT_COUNTERS_OFFSET);
    for (let word = 0; word < WORDS_OF_COUNTERS; word++) Atomics.store(memory.words, first + word, 0);
  }
}

/** Takes a group out of the table: it gates no more. The control lock must be held, and every member's lock. */
export function removeGroup(memory: SegmentMemory, group: number): void {
  storeGroupState(memory, group, GROUP_FREE);
}

/** If a holder of the control lock sees a joining group, the process that was joining it has died. */
export function removeUnfinishedJoins(memory: SegmentMemory): void {
  for (const group of groupsInState(memory, GROUP_JOINING)) removeGroup(memory, group);
}

function writeEntry(memory: SegmentMemory, group: number, name: string): void {
  const index = groupEntryIndex(memory, group);
  memory.bytes.write(name, wordAt(index, GROUP_NAME_OFFSET) * 4, 'latin1');
  memory.words[wordAt(index, GROUP_NAME_LENGTH_OFFSET)] = name.length;
  storeTime(memory.times, wordAt(index, GROUP_CREATED_AT_OFFSET) >>> 1, memory.clockOffsetNs);
}

/** Returns a low word. `oldest` is the least position of the active reliable groups, whatever is in flight; if there are none, head. */
function startPosition(memory: SegmentMemory, lane: number, from: JoinFrom): number {
  const { words } = memory;
  const positions = from === 'latest' ? [] : reliablePositions(memory, lane);
  // Head is loaded after the positions, so that no position is ahead of it.
  const head = Atomics.load(words, wordAt(laneControlIndex(memory, lane), HEAD_LOW_OFFSET)); // SYNC: published
  const lag = positions.reduce((most, position) => Math.max(most, (head - position) >>> 0), 0);
  return (head - lag) | 0;
}

function reliablePositions(memory: SegmentMemory, lane: number): number[] {
  const groups = groupsInState(memory, GROUP_ACTIVE).filter((group) => (groupState(memory, group) & GROUP_LOSSY) === 0);
  return groups.map((group) =>
    Atomics.load(memory.words, wordAt(positionIndex(memory, group, lane), POSITION_LOW_OFFSET)),
  ); // SYNC: consumed
}

export function noFreeGroup(memory: SegmentMemory): HermesError {
  const names = activeGroups(memory).map(({ name }) => name);
  return new HermesError(
    'ERR_HERMES_NO_FREE_GROUP',
    `All ${names.length} groups are in use (${names.join(', ')}): remove one, or create the segment with a larger maxGroups`,
  );
}

function storeGroupState(memory: SegmentMemory, group: number, state: number): void {
  Atomics.store(memory.words, wordAt(groupEntryIndex(memory, group), GROUP_STATE_OFFSET), state); // SYNC: joined
}
