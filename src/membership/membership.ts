import { HermesError } from '../errors.js';
import { InFlight } from '../ring/in-flight.js';
import { activeGroups, type GroupEntry, type GroupKind } from '../segment/group-entries.js';
import type { Segment } from '../segment/segment.js';
import { type JoinFrom, joinGroup } from './group-registry.js';
import { memberSlots, takeSlot } from './places.js';
import { reapMembers } from './reap.js';
import { participantIn, vacateSlot } from './slot.js';

/** The group that a consumer asks for, and what it shall be if it is new. */
export interface JoinRequest {
  readonly name: string;
  /** Whether the caller named the group. If not, the group must be there. */
  readonly isNamed: boolean;
  readonly kind: GroupKind;
  readonly from: JoinFrom;
  /** The parts of the kind that the caller has named. An existing group must have them. */
  readonly asked: { readonly [Kind in keyof GroupKind]?: GroupKind[Kind] | undefined };
}

/** A place in a group, whose slot and lock the caller owns. */
export interface Membership {
  readonly entry: GroupEntry;
  /** The place: 0 in an exclusive or lossy group, which has one member at a time. */
  readonly member: number;
}

/**
 * Finds or creates the group and takes a member slot, whose lock is kept. The control lock must be held. The new member must
 * handle what a dead owner of the slot had in flight.
 * @throws HermesError ERR_HERMES_NO_FREE_MEMBER, _NO_FREE_GROUP, _INVALID_OPTION
 */
export function enterGroup(segment: Segment, request: JoinRequest): Membership {
  const { memory } = segment;
  const find = () => activeGroups(memory).find(({ name }) => name === request.name);
  const existing = find();
  if (existing !== undefined) checkAsked(request, existing);
  else if (!request.isNamed) throw noDefaultGroup(segment, request.name);
  else joinGroup(memory, request.name, request.kind, request.from);
  const entry = find()!;
  const slots = memberSlots(segment, entry.group);
  const slot = takeSlot(segment, entry.shared ? slots : slots.slice(0, 1));
  if (slot === undefined) throw noFreeMember(segment, entry);
  const member = slots.indexOf(slot);
  const inFlight = new InFlight(memory, entry.group, member);
  if (inFlight.pending() === undefined) inFlight.clear();
  // A producer may sleep for what a dead owner held, or because it found the group joining and could not tell whether there is room.
  segment.doorbells.ringProducers();
  return { entry, member };
}

/**
 * Leaves the group, as if this member had died and somebody had noticed at once: what it holds in flight becomes an orphan, and an
 * ephemeral group ends with its last member. The control lock must be held.
 */
export function leaveGroup(segment: Segment, { entry, member }: Membership): void {
  const slots = memberSlots(segment, entry.group);
  if (!entry.shared) vacateSlot(segment, slots[member]!);
  for (const { lockOffset } of slots) if (segment.locks.holds(lockOffset)) segment.locks.unlock(lockOffset); // that of an adopted orphan, too
  reapMembers(segment, entry);
  segment.doorbells.ringAll();
}

function noFreeMember(segment: Segment, entry: GroupEntry): HermesError {
  const pids = memberSlots(segment, entry.group).flatMap((slot) => participantIn(segment, slot)?.pid ?? []);
  const what = entry.shared ? 'all its members' : 'its one member';
  const remedy = entry.shared
    ? 'detach one, or create the segment with more members'
    : `detach that one, or use another group, which gets every message, too. Several consumers share the messages between them in a shared group, a work queue: hermes groups ${segment.name} add workers --shared, and { group: 'workers' }; or declare it when the segment is created`;
  return new HermesError(
    'ERR_HERMES_NO_FREE_MEMBER',
    `The group ${entry.name} of the segment ${segment.name} has ${what} already (process${pids.length === 1 ? '' : 'es'} ${pids.join(', ')}): ${remedy}`,
  );
}

function checkAsked({ name, asked }: JoinRequest, entry: GroupEntry): void {
  for (const option of ['mode', 'shared', 'durable'] as const) {
    if (asked[option] === undefined || asked[option] === entry[option]) continue;
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `The group ${name} exists with ${option} ${entry[option]}, not ${asked[option]}: leave the option out, or choose another group`,
    );
  }
}

/** A caller that left out the name does not want a new group that nobody knows of. */
function noDefaultGroup(segment: Segment, name: string): HermesError {
  const durable = activeGroups(segment.memory).filter((entry) => entry.durable);
  const names = durable.map((entry) => `${entry.name}${entry.shared ? ' (shared)' : ''}`).join(', ');
  const remedy = names === '' ? 'name one of your own' : `name one of those that it is declared with: ${names}`;
  return new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `group is left out, and the segment ${segment.name} has no group ${name}: ${remedy}`,
  );
}
