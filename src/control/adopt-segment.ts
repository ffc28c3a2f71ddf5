import { HermesError } from '../errors.js';
import { attach } from '../membership/attachment.js';
import { joinGroup, noFreeGroup } from '../membership/group-registry.js';
import { reap } from '../membership/reap.js';
import type { DirectoryOptions } from '../segment/directory.js';
import { activeGroups, DEFAULT_GROUP, type GroupEntry } from '../segment/group-entries.js';
import { replaced, type Segment } from '../segment/segment.js';
import type { SegmentShape } from './create-options.js';
import { type FixedFacts, fixedFacts } from './fixed-facts.js';
import { type DeclaredGroup, declaredKind, initialGroups } from './group-declaration.js';
import type { SegmentInspection } from './inspect-segment.js';

/** The properties of an existing group that are compared. */
type PresentGroup = Pick<GroupEntry, 'name' | 'mode' | 'shared' | 'durable'>;

/**
 * Accepts an existing segment as the declared one, and adds the declared groups that it does not have. True once that is so.
 * @throws HermesError ERR_HERMES_SEGMENT_EXISTS when geometry or groups differ, showing both; ERR_HERMES_NO_FREE_GROUP: nothing was added;
 *   ERR_HERMES_REMOVED when another segment has got its name meanwhile
 */
export function adoptSegment(existing: SegmentInspection, shape: SegmentShape, options: DirectoryOptions): true {
  const { name } = existing;
  const refuse = (what: string, found: string, wanted: string): never => {
    throw new HermesError(
      'ERR_HERMES_SEGMENT_EXISTS',
      `The segment ${name} exists with ${what}: it has ${found}, and ${wanted} is declared; remove it first (hermes rm ${name}), or declare what it has`,
    );
  };
  const wanted = fixedFacts(shape);
  const facts = Object.keys(wanted) as (keyof FixedFacts)[];
  const unlike = facts.filter((fact) => existing[fact] !== wanted[fact]);
  if (unlike.length > 0) refuse('another geometry', factsText(existing, unlike), factsText(wanted, unlike));
  if (!hasConflict(shape, existing.groups) && missingGroups(shape, existing.groups).length === 0) return true;
  const { segment } = attach(name, options, (opened) => {
    if (opened.header.segmentId.toString('hex') !== existing.segmentId) throw replaced(opened.path);
    reap(opened); // otherwise an ephemeral group whose members have died would be in the way
    const present = activeGroups(opened.memory);
    if (hasConflict(shape, present)) refuse('other groups', groupsText(present), groupsText(wantedGroups(shape)));
    addAll(opened, missingGroups(shape, present));
  });
  segment.close();
  return true;
}

/**
 * Groups that others made, such as a recorder's, are left alone. But a `default` that is not declared is there because the segment was created
 * without a declaration. Perhaps nobody ever reads it, and then it would hold the producers back. If nothing is declared, `default` may
 * have been removed since.
 */
function hasConflict({ groups, shared }: SegmentShape, present: readonly PresentGroup[]): boolean {
  return present.some((group) => {
    const wanted = initialGroups(groups, shared).find(({ name }) => name === group.name);
    if (wanted === undefined) return group.name === DEFAULT_GROUP && group.durable;
    if (groups === undefined) return group.durable && group.shared !== wanted.shared;
    return group.mode !== 'reliable' || !group.durable || group.shared !== wanted.shared;
  });
}

function missingGroups({ groups = [] }: SegmentShape, present: readonly PresentGroup[]): readonly DeclaredGroup[] {
  return groups.filter(({ name }) => present.every((group) => group.name !== name));
}

/** All of them, or none. The control lock must be held. */
function addAll({ memory, doorbells }: Segment, groups: readonly DeclaredGroup[]): void {
  if (activeGroups(memory).length + groups.length > memory.geometry.groupCount) throw noFreeGroup(memory);
  for (const group of groups) joinGroup(memory, group.name, declaredKind(group), 'oldest');
  doorbells.ringProducers(); // one that found a group joining could not tell whether there is room
}

function factsText(facts: FixedFacts, names: readonly (keyof FixedFacts)[]): string {
  return names.map((name) => `${name} ${facts[name]}`).join(', ');
}

function wantedGroups({ groups, shared }: SegmentShape): readonly PresentGroup[] {
  return initialGroups(groups, shared).map((group) => ({ ...declaredKind(group), ...group }));
}

function groupsText(groups: readonly PresentGroup[]): string {
  const text = ({ name, mode, shared, durable }: PresentGroup) => {
    const unlike = [
      ...(shared ? ['shared'] : []),
      ...(mode === 'lossy' ? ['lossy'] : []),
      ...(durable ? [] : ['ephemeral']),
    ];
    return unlike.length === 0 ? name : `${name} (${unlike.join(' ')})`;
  };
  return groups.length === 0 ? 'no groups' : `groups ${groups.map(text).join(' and ')}`;
}
