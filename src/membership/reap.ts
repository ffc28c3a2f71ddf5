import { GROUP_DURABLE, GROUP_FREE, GROUP_JOINING, GROUP_SHARED, GROUP_STATE_MASK } from '../layout/group-table.js';
import { InFlight } from '../ring/in-flight.js';
import { lanesInUse } from '../ring/roster-word.js';
import { activeGroups, type GroupEntry, groupState } from '../segment/group-entries.js';
import type { Segment } from '../segment/segment.js';
import { releaseControlLock, tryControlLock } from './control-lock.js';
import { removeGroup, removeUnfinishedJoins } from './group-registry.js';
import { callForAdoption, OrphanCalls } from './orphan-calls.js';
import { memberSlot, memberSlots, producerSlot, producerSlots } from './places.js';
import { hasBeatLately, isOccupied, type Slot, vacateSlot } from './slot.js';

/** Looks for the dead, again and again, for a participant or a coordinator. */
export class Reaper {
  private readonly calls: OrphanCalls;

  constructor(private readonly segment: Segment) {
    this.calls = new OrphanCalls(segment);
  }

  /**
   * Cleans up after the dead, if somebody seems to have died and nobody else is cleaning up. Never waits. True when it cleaned up.
   * @param own the caller's slot, if it has just written its heartbeat: slots with one that is as fresh are passed over, which saves a
   *   system call each
   */
  reapIfNeeded(own?: Slot): boolean {
    const { segment } = this;
    if (!this.seemsNeeded(own) || !tryControlLock(segment)) return false;
    try {
      reap(segment, (orphan) => this.calls.note(orphan));
      return true;
    } finally {
      releaseControlLock(segment);
    }
  }

  /**
   * Looks, without any lock, for an occupied slot or an ephemeral group that belongs to no living participant. Every sleeper does
   * this several times a second, so it allocates little and looks only where somebody can be.
   */
  private seemsNeeded(own: Slot | undefined): boolean {
    const { segment } = this;
    const { memory, locks } = segment;
    const isOwned = (slot: Slot) =>
      locks.holds(slot.lockOffset) ||
      (own !== undefined && hasBeatLately(segment, slot, own)) ||
      locks.isLockedByOther(slot.lockOffset);
    const isDead = (slot: Slot) => isOccupied(segment, slot) && !this.calls.hasCalledLately(slot) && !isOwned(slot);
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
}

/**
 * Cleans up after the dead: for each slot that nobody holds. The control lock must be held. If the process is killed half-way, the next one
 * does it again. Therefore it rings before it frees anything, because the dead may have owed it, and rings again afterwards for what it frees.
 * @param onOrphan is called with the slot of a dead member, after its group was called to handle what the member has in flight
 */
export function reap(segment: Segment, onOrphan: (slot: Slot) => void = () => {}): void {
  segment.doorbells.ringAll();
  removeUnfinishedJoins(segment.memory);
  for (const slot of producerSlots(segment)) vacateIfDead(segment, slot);
  for (const entry of activeGroups(segment.memory)) reapMembers(segment, entry, onOrphan);
  segment.doorbells.ringAll();
}

/**
 * Frees the slots of a group's dead members, and the group itself when it is ephemeral and all its members are dead: that is
 * when every member's lock is granted, whatever the slots say. A slot with messages in flight is left to the living
 * members of the group, which are called. The locks are held until the last store.
 */
export function reapMembers(segment: Segment, entry: GroupEntry, onOrphan: (slot: Slot) => void = () => {}): void {
  const slots = memberSlots(segment, entry.group);
  const granted = slots.filter((slot) => takeIfNobodys(segment, slot));
  const isOver = !entry.durable && granted.length === slots.length;
  for (const slot of granted) {
    if (!isOccupied(segment, slot)) continue;
    const inFlight = new InFlight(segment.memory, entry.group, slots.indexOf(slot));
    if (!isOver && inFlight.pending() !== undefined) {
      callForAdoption(segment.memory, entry.group);
      onOrphan(slot);
    } else {
      inFlight.clear();
      vacateSlot(segment, slot);
    }
  }
  if (isOver) removeGroup(segment.memory, entry.group);
  for (const slot of granted) segment.locks.unlock(slot.lockOffset);
}

function vacateIfDead(segment: Segment, slot: Slot): void {
  if (!isOccupied(segment, slot) || !takeIfNobodys(segment, slot)) return;
  vacateSlot(segment, slot);
  segment.locks.unlock(slot.lockOffset);
}

/** Takes the lock of a slot that neither the caller nor anybody else holds. */
function takeIfNobodys({ locks }: Segment, { lockOffset }: Slot): boolean {
  return !locks.holds(lockOffset) && locks.tryLock(lockOffset);
}
