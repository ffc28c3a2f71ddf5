import { HermesError } from '../errors.js';
import { memberLockOffset, producerLockOffset } from '../layout/locks.js';
import { memberSlotIndex, producerSlotIndex } from '../ring/indices.js';
import { raiseLanesInUse } from '../ring/roster-word.js';
import { isOccupied, occupySlot, participantIn, type Slot } from './participants.js';
import type { Segment } from './segment.js';

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

/**
 * Takes the first lane without a living producer, a dead one's before a free one's, and keeps its lock.
 * The control lock must be held. @throws HermesError ERR_HERMES_NO_FREE_LANE
 */
export function takeLane(segment: Segment): number {
  const { geometry } = segment.memory;
  const lanes = Array.from({ length: geometry.laneCount }, (_, lane) => lane);
  const occupied = lanes.filter((lane) => isOccupied(segment, producerSlot(segment, lane)));
  for (const lane of [...occupied, ...lanes.filter((lane) => !occupied.includes(lane))]) {
    const slot = producerSlot(segment, lane);
    if (!segment.locks.tryLock(slot.lockOffset)) continue;
    occupySlot(segment, slot);
    raiseLanesInUse(segment.memory, lane);
    return lane;
  }
  const pids = lanes.map((lane) => participantIn(segment, producerSlot(segment, lane))?.pid ?? '?');
  throw new HermesError(
    'ERR_HERMES_NO_FREE_LANE',
    `All ${geometry.laneCount} lanes of the segment ${segment.name} have producers (processes ${pids.join(', ')}): detach one, or create the segment with more producers`,
  );
}

/** The PIDs of all who hold a slot's lock, other than the caller. Probes every slot: 0.7 µs each. */
export function livingParticipants(segment: Segment): number[] {
  const alive = allSlots(segment).filter((slot) => segment.locks.isLockedByOther(slot.lockOffset));
  return [...new Set(alive.map((slot) => participantIn(segment, slot)?.pid ?? 0))];
}

function allSlots(segment: Segment): Slot[] {
  const { laneCount, groupCount, memberCount } = segment.memory.geometry;
  const producers = Array.from({ length: laneCount }, (_, lane) => producerSlot(segment, lane));
  const members = Array.from({ length: groupCount * memberCount }, (_, slot) =>
    memberSlot(segment, Math.floor(slot / memberCount), slot % memberCount),
  );
  return [...producers, ...members];
}
