import { HermesError } from '../errors.js';
import { memberLockOffset, producerLockOffset } from '../layout/locks.js';
import { memberSlotIndex, producerSlotIndex } from '../ring/indices.js';
import { raiseLanesInUse } from '../ring/roster-word.js';
import type { Segment } from '../segment/segment.js';
import { isOccupied, occupySlot, participantIn, type Slot } from './slot.js';

export function producerSlot(segment: Segment, lane: number): Slot {
  return { index: producerSlotIndex(segment.memory, lane), lockOffset: producerLockOffset(lane) };
}

export function memberSlot(segment: Segment, group: number, member: number): Slot {
  const { memberCount } = segment.memory.geometry;
  return {
    index: memberSlotIndex(segment.memory, group, member),
    lockOffset: memberLockOffset(group, member, memberCount),
  };
}

/** The slots of all members of a group. */
export function memberSlots(segment: Segment, group: number): Slot[] {
  return Array.from({ length: segment.memory.geometry.memberCount }, (_, member) => memberSlot(segment, group, member));
}

/** The slots of all producers. */
export function producerSlots(segment: Segment): Slot[] {
  return Array.from({ length: segment.memory.geometry.laneCount }, (_, lane) => producerSlot(segment, lane));
}

/**
 * Takes the first lane without a living producer, and keeps its lock: one of the `preferred` lanes, else one of a killed producer,
 * else a free one. The control lock must be held. @throws HermesError ERR_HERMES_NO_FREE_LANE
 */
export function takeLane(segment: Segment, preferred: readonly number[] = []): number {
  const slots = producerSlots(segment);
  const first = slots.filter((_, lane) => preferred.includes(lane));
  const slot = takeSlot(segment, first) ?? takeSlot(segment, slots);
  if (slot === undefined) {
    const pids = slots.map((taken) => participantIn(segment, taken)?.pid ?? '?');
    throw new HermesError(
      'ERR_HERMES_NO_FREE_LANE',
      `All ${slots.length} lanes of the segment ${segment.name} have producers (processes ${pids.join(', ')}): detach one, or create the segment with more producers`,
    );
  }
  const lane = slots.indexOf(slot);
  raiseLanesInUse(segment.memory, lane);
  return lane;
}

/** Takes the first of the slots that has no living owner, and keeps its lock: a slot of a dead owner, else a free one. */
export function takeSlot(segment: Segment, slots: readonly Slot[]): Slot | undefined {
  const occupied = slots.filter((slot) => isOccupied(segment, slot));
  const free = slots.filter((slot) => !occupied.includes(slot));
  const taken = [...occupied, ...free].find((slot) => segment.locks.tryLock(slot.lockOffset));
  if (taken === undefined) return undefined;
  segment.doorbells.makeOwn(taken.index, segment.locks.stat().mode);
  occupySlot(segment, taken);
  return taken;
}

/** The PIDs of all processes that hold a slot's lock, other than the caller. Probes every slot: 0.7 µs each. */
export function livingParticipants(segment: Segment): number[] {
  const alive = allSlots(segment).filter((slot) => segment.locks.isLockedByOther(slot.lockOffset));
  return [...new Set(alive.map((slot) => participantIn(segment, slot)?.pid ?? 0))];
}

/** True when anybody else holds a slot's lock. Probes the slots until it finds one. */
export function isAttachedTo(segment: Segment): boolean {
  return allSlots(segment).some((slot) => segment.locks.isLockedByOther(slot.lockOffset));
}

function allSlots(segment: Segment): Slot[] {
  const groups = Array.from({ length: segment.memory.geometry.groupCount }, (_, group) => group);
  return [...producerSlots(segment), ...groups.flatMap((group) => memberSlots(segment, group))];
}
