import {
  GROUP_ACTIVE,
  GROUP_JOINING,
  GROUP_LOSSY,
  GROUP_SHARED,
  GROUP_STATE_MASK,
  GROUP_STATE_OFFSET,
} from '../layout/group-table.js';
import { NO_POSITION } from '../layout/lane-control.js';
import { IN_FLIGHT_FROM_OFFSET, IN_FLIGHT_LANE_OFFSET } from '../layout/participant-slot.js';
import { POSITION_LOW_OFFSET } from '../layout/positions.js';
import { GROUP_EPOCH_OFFSET } from '../layout/preamble.js';
import { groupEntryIndex, memberSlotIndex, positionIndex, wordAt } from './indices.js';
import type { SegmentMemory } from './segment-memory.js';

/** A group is joining, or joined meanwhile: keep the former gate, look again later. */
export const GATE_HELD = -1;

/**
 * How far the slowest reliable group is behind `head` (low word) in `lane`, in bytes, or {@link GATE_HELD}. More than
 * the lane's capacity means that a position word is damaged. Without reliable groups 0: nobody holds the writer back.
 * Looks at every group; allocates nothing.
 */
export function gateLag(memory: SegmentMemory, lane: number, head: number): number {
  const { words } = memory;
  const { groupCount } = memory.geometry;
  const epoch = Atomics.load(words, GROUP_EPOCH_OFFSET >>> 2); // SYNC: joined
  let lag = 0;
  for (let group = 0; group < groupCount; group++) {
    const state = Atomics.load(words, wordAt(groupEntryIndex(memory, group), GROUP_STATE_OFFSET)); // SYNC: joined
    if ((state & GROUP_STATE_MASK) === GROUP_JOINING) return GATE_HELD;
    if ((state & GROUP_STATE_MASK) !== GROUP_ACTIVE || (state & GROUP_LOSSY) !== 0) continue;
    lag = Math.max(lag, groupLag(memory, group, lane, head, (state & GROUP_SHARED) !== 0));
  }
  return Atomics.load(words, GROUP_EPOCH_OFFSET >>> 2) === epoch ? lag : GATE_HELD; // SYNC: joined
}

/** How far a reliable group is behind `head` (low word) in `lane`, in bytes. Allocates nothing. */
export function groupLag(memory: SegmentMemory, group: number, lane: number, head: number, isShared: boolean): number {
  // The position or take position first, then what is in flight: a member stores its entry before it moves the take position.
  const position = Atomics.load(memory.words, wordAt(positionIndex(memory, group, lane), POSITION_LOW_OFFSET)); // SYNC: consumed, taken
  let lag = (head - position) >>> 0;
  if (!isShared) return lag;
  const { memberCount } = memory.geometry;
  for (let member = 0; member < memberCount; member++) {
    lag = Math.max(lag, inFlightLag(memory, group, member, lane, head));
  }
  return lag;
}

/** How far the in-flight entry of a shared group's member is behind head, whatever the state of its slot; 0 when it protects nothing there. */
export function inFlightLag(memory: SegmentMemory, group: number, member: number, lane: number, head: number): number {
  const { words } = memory;
  const slot = memberSlotIndex(memory, group, member);
  if (Atomics.load(words, wordAt(slot, IN_FLIGHT_LANE_OFFSET)) !== lane) return 0; // SYNC: in flight
  const from = Atomics.load(words, wordAt(slot, IN_FLIGHT_FROM_OFFSET)); // SYNC: in flight
  const distance = (head - from) >>> 0;
  // Farther than the lane is long: never validated, so it protects nothing.
  return from === NO_POSITION || distance > memory.geometry.laneCapacity ? 0 : distance;
}
