import { checkKnown } from '../checks.js';
import { HermesError } from '../errors.js';
import { attach } from '../membership/attachment.js';
import { removeGroup as removeEntry } from '../membership/group-registry.js';
import { memberSlots } from '../membership/places.js';
import { reap } from '../membership/reap.js';
import { participantIn, vacateSlot } from '../membership/slot.js';
import { InFlight } from '../ring/in-flight.js';
import { DIRECTORY_OPTIONS, type DirectoryOptions } from '../segment/directory.js';
import { activeGroups, type GroupEntry } from '../segment/group-entries.js';
import { checkName } from '../segment/segment-name.js';

/**
 * Removes a group that nobody is attached to, even a durable one. It no longer holds producers back, and the messages that it has not
 * handled are lost. @throws HermesError ERR_HERMES_GROUP_NOT_FOUND; ERR_HERMES_BUSY, naming the processes that are attached
 */
export function removeGroup(name: string, group: string, options: DirectoryOptions = {}): void {
  checkKnown('removeGroup', options, DIRECTORY_OPTIONS);
  checkName(group, 'group');
  const { segment } = attach(name, options, (opened) => {
    reap(opened);
    const groups = activeGroups(opened.memory);
    const entry = groups.find((active) => active.name === group);
    if (entry === undefined) throw notFound(name, group, groups);
    const slots = memberSlots(opened, entry.group);
    const living = slots.filter((slot) => !opened.locks.tryLock(slot.lockOffset));
    if (living.length > 0) {
      // Let go before the control lock, because the next to attach takes them.
      for (const slot of slots) if (!living.includes(slot)) opened.locks.unlock(slot.lockOffset);
      const pids = living.map((slot) => participantIn(opened, slot)?.pid ?? '?');
      throw new HermesError(
        'ERR_HERMES_BUSY',
        `The group ${group} of the segment ${name} is in use by process${pids.length > 1 ? 'es' : ''} ${pids.join(', ')}: end ${pids.length > 1 ? 'them' : 'it'} first`,
      );
    }
    for (const [member, slot] of slots.entries()) {
      new InFlight(opened.memory, entry.group, member).clear();
      vacateSlot(opened, slot);
    }
    removeEntry(opened.memory, entry.group);
    opened.doorbells.ringProducers(); // the group held them back
    for (const slot of slots) opened.locks.unlock(slot.lockOffset); // let go before the control lock, because the next to join takes them
  });
  segment.close();
}

function notFound(name: string, group: string, groups: readonly GroupEntry[]): HermesError {
  return new HermesError(
    'ERR_HERMES_GROUP_NOT_FOUND',
    `The segment ${name} has no group ${group}: it has ${groups.map((entry) => entry.name).join(', ') || 'none'}`,
  );
}
