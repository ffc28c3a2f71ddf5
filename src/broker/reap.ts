import { GROUP_DURABLE, GROUP_FREE, GROUP_JOINING, GROUP_SHARED, GROUP_STATE_MASK } from '../layout/group-table.js';
import { InFlight } from '../ring/in-flight.js';
import { lanesInUse } from '../ring/roster-word.js';
import { releaseControlLock, tryControlLock } from './control-lock.js';
import { activeGroups, type GroupEntry, groupState, removeGroup, removeUnfinishedJoins } from './group-registry.js';
import { hasCalledLately, noteCall } from './orphan-calls.js';
import { callForAdoption, isAdopting } from './orphans.js';
import { isOccupied, type Slot, vacateSlot } from './participants.js';
import { memberSlot, memberSlots, producerSlot, producerSlots } from './roster.js';
import type { Segment } from './segment.js';

/** A caller that owns no slot itself. */
export const NO_SLOT = -1;

/**
 * Cleans up after the dead if somebody seems to have died, and nobody else is at it: never waits.
 * `ownLockOffset` is the lock byte of the caller's own slot. True when it cleaned up.
 * @param maySkip slots that need not be looked at this time, which saves a system call each
 */
export function reapIfNeeded(
  segment: Segment,
  ownLockOffset: number,
  maySkip: (slot: Slot) => boolean = () => false,
): boolean {
  if (!seemsDead(segment, ownLockOffset, maySkip)) return false;
  if (!tryControlLock(segment)) return false;
  try {
    reap(segment, ownLockOffset);
    return true;
  } finally {
    releaseControlLock(segment);
  }
}

/**
 * Cleans up after the dead. The control lock must be held. Killed half-way, it is simply done again by the next: therefore it
 * rings for the dead, who may have owed it, before it frees anything. What it frees is rung for afterwards.
 */
export function reap(segment: Segment, ownLockOffset: number): void {
  segment.doorbells.ringAll();
  removeUnfinishedJoins(segment.memory);
  for (const slot of producerSlots(segment)) {
    if (slot.lockOffset !== ownLockOffset) vacateIfDead(segment, slot);
  }
  for (const entry of activeGroups(segment.memory)) reapMembers(segment, entry, ownLockOffset);
  segment.doorbells.ringAll();
}

/**
 * Frees the slots of a group's dead members, and the group itself when it is ephemeral and nobody of it lives: that is
 * when every member's lock is granted, whatever the slots say. A slot with messages in flight is left to the living
 * members of its group, who are called. The locks are held until the last store.
 */
export function reapMembers(segment: Segment, entry: GroupEntry, ownLockOffset: number): void {
  const slots = memberSlots(segment, entry.group);
  // A lock that the caller holds would be granted once more, and then be dropped below: only who leaves wants that.
  const isOwn = ({ lockOffset }: Slot) =>
    ownLockOffset !== NO_SLOT && (lockOffset === ownLockOffset || isAdopting(segment, lockOffset));
  const granted = slots.filter((slot) => !isOwn(slot) && segment.locks.tryLock(slot.lockOffset));
  const isOver = !entry.durable && granted.length === slots.length;
  for (const slot of granted) {
    if (!isOccupied(segment, slot)) continue;
    const inFlight = new InFlight(segment.memory, entry.group, slots.indexOf(slot));
    if (!isOver && inFlight.pending() !== undefined) {
      callForAdoption(segment.memory, entry.group);
      noteCall(segment, slot);
    } else {
      inFlight.clear();
      vacateSlot(segment, slot);
    }
  }
  if (isOver) removeGroup(segment.memory, entry.group);
  for (const slot of granted) segment.locks.unlock(slot.lockOffset);
}

function vacateIfDead(segment: Segment, slot: Slot): void {
  if (!isOccupied(segment, slot) || !segment.locks.tryLock(slot.lockOffset)) return;
  vacateSlot(segment, slot);
  segment.locks.unlock(slot.lockOffset);
}

/**
 * Looks without any lock: an occupied slot, or an ephemeral group, that no living participant stands behind. Every sleeper does
 * this several times a second, so it allocates little and looks only where somebody can be.
 */
function seemsDead(segment: Segment, ownLockOffset: number, maySkip: (slot: Slot) => boolean): boolean {
  const { memory } = segment;
  const isOwned = (slot: Slot) =>
    slot.lockOffset === ownLockOffset ||
    isAdopting(segment, slot.lockOffset) ||
    maySkip(slot) ||
    segment.locks.isLockedByOther(slot.lockOffset);
  const isDead = (slot: Slot) => isOccupied(segment, slot) && !hasCalledLately(segment, slot) && !isOwned(slot);
  const laneCount = lanesInUse(memory);
  for (let lane = 0; lane < laneCount; lane++) if (isDead(producerSlot(segment, lane))) return true;
  for (let group = 0; group < memory.geometry.groupCount; group++) {
    const state = groupState(memory, group);
    if ((state & GROUP_STATE_MASK) === GROUP_FREE) continue;
    if ((state & GROUP_STATE_MASK) === GROUP_JOINING) return true;
    const memberCount = (state & GROUP_SHARED) !== 0 ? memory.geometry.memberCount : 1;
    let isLived = (state & GROUP_DURABLE) !== 0;
    for (let member = 0; member < memberCount; member++) {
      const slot = memberSlot(segment, group, member);
      if (isDead(slot)) return true;
      isLived ||= isOwned(slot);
    }
    if (!isLived) return true;
  }
  return false;
}
