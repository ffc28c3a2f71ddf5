import fs from 'node:fs';
import { inspectSegment } from '../../src/index.js';
import { memberSlots, producerSlots } from '../../src/membership/places.js';
import { isOccupied } from '../../src/membership/slot.js';
import { InFlight } from '../../src/ring/in-flight.js';
import { openSegment } from '../../src/segment/segment.js';
import { QUEUE_GROUP, SEGMENT } from './life-command.js';

/** What is left in the segment and its directory after every process has ended. */
export function remainsOf(directory: string): string[] {
  const found: string[] = [];
  // Doorbells live as long as the segment; a half-made one is gone once its slot was taken again.
  const isDue = (file: string) => file === SEGMENT || file === '.coordinator' || /^\.bell-.*\d(?:\.new)?$/.test(file);
  const files = fs.readdirSync(directory).filter((file) => !isDue(file));
  if (files.length > 0) found.push(`files are left: ${files.join(', ')}`);
  const inspection = inspectSegment(SEGMENT, { directory });
  for (const { lane, producer } of inspection.lanes) {
    if (producer !== null) found.push(`lane ${lane} has the producer ${producer.pid} (alive: ${producer.alive})`);
  }
  for (const { name, members, orphanCount, lagLength, lagCount } of inspection.groups) {
    if (name !== 'default' && name !== QUEUE_GROUP) found.push(`the group ${name} is left`);
    if (members.length > 0) found.push(`the group ${name} has ${members.length} members`);
    if (orphanCount > 0) found.push(`the group ${name} has ${orphanCount} orphans`);
    if (lagLength !== 0 || lagCount !== 0) found.push(`the group ${name} is ${lagLength} bytes behind`);
  }
  if (inspection.groups.length < 2) found.push('a durable group is missing');
  if (inspection.isRemoved || inspection.coordinator !== null) found.push('removed, or with a coordinator');
  found.push(...occupiedSlots(directory));
  return found;
}

/** Includes those of groups that no longer exist. */
function occupiedSlots(directory: string): string[] {
  const segment = openSegment(SEGMENT, { directory }, 'read-only');
  try {
    const found = producerSlots(segment).flatMap((slot, lane) => (isOccupied(segment, slot) ? [`lane ${lane}`] : []));
    for (let group = 0; group < segment.header.geometry.groupCount; group++) {
      for (const [member, slot] of memberSlots(segment, group).entries()) {
        if (isOccupied(segment, slot)) found.push(`group ${group}, member ${member}`);
        if (new InFlight(segment.memory, group, member).pending() !== undefined)
          found.push(`in flight: group ${group}, member ${member}`);
      }
    }
    return found.map((place) => `a slot is occupied: ${place}`);
  } finally {
    segment.close();
  }
}
