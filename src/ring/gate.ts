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
    // The position or claim position first, then what is in flight: a member stores its entry before it moves the claim.
    const position = Atomics.load(words, wordAt(positionIndex(memory, group, lane), POSITION_LOW_OFFSET)); // SYNC: consumed, claimed
    lag = Math.max(lag, (head - position) >>> 0);
    if ((state & GROUP_SHARED) !== 0) lag = Math.max(lag, inFlightLag(memory, group, lane, head));
  }
  return Atomics.load(words, GROUP_EPOCH_OFFSET >>> 2) === epoch ? lag : GATE_HELD; // SYNC: joined
}

/** How far the farthest in-flight entry of a shared group is behind head, whatever the state of its slot. */
function inFlightLag(memory: SegmentMemory, group: number, lane: number, head: number): number {
  const { words } = memory;
  const { memberCount, laneCapacity } = memory.geometry;
  let lag = 0;
  for (let member = 0; member < memberCount; member++) {
    const slot = memberSlotIndex(memory, group, member);
    if (Atomics.load(words, wordAt(slot, IN_FLIGHT_LANE_OFFSET)) !== lane) continue; // SYNC: in flight
    const from = Atomics.load(words, wordAt(slot, IN_FLIGHT_FROM_OFFSET)); // SYNC: in flight
    const distance = (head - from) >>> 0;
    // Farther than the lane is long: never validated, so it protects nothing.
    if (from !== NO_POSITION && distance <= laneCapacity) lag = Math.max(lag, distance);
  }
  return lag;
}
