import { HermesError } from '../errors.js';
import type { JoinRequest } from './consumer-options.js';
import { activeGroups, type GroupEntry, joinGroup } from './group-registry.js';
import { occupySlot, participantIn } from './participants.js';
import { memberSlot } from './roster.js';
import type { Segment } from './segment.js';

/** Of a group that has one member at a time. */
const ONLY_MEMBER = 0;

/**
 * Finds or creates the group and takes the member slot, whose lock is kept. The control lock must be held.
 * @throws HermesError ERR_HERMES_NO_FREE_MEMBER, _NO_FREE_GROUP, _INVALID_OPTION
 */
export function enterGroup(segment: Segment, request: JoinRequest): GroupEntry {
  const { memory } = segment;
  const find = () => activeGroups(memory).find(({ name }) => name === request.name);
  const existing = find();
  if (existing !== undefined) request.checkAgainst(existing);
  else joinGroup(memory, request.name, request.kind, request.from);
  const entry = find()!;
  const slot = memberSlot(segment, entry.group, ONLY_MEMBER);
  if (!segment.locks.tryLock(slot.lockOffset)) throw noFreeMember(segment, entry);
  occupySlot(segment, slot);
  return entry;
}

function noFreeMember(segment: Segment, entry: GroupEntry): HermesError {
  const holder = participantIn(segment, memberSlot(segment, entry.group, ONLY_MEMBER));
  return new HermesError(
    'ERR_HERMES_NO_FREE_MEMBER',
    `The group ${entry.name} of the segment ${segment.name} has its member already (process ${holder?.pid ?? '?'}): detach that one, or use another group`,
  );
}
