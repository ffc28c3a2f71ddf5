import {
  GROUP_ACTIVE,
  GROUP_CREATED_AT_OFFSET,
  GROUP_DURABLE,
  GROUP_LOSSY,
  GROUP_NAME_LENGTH_OFFSET,
  GROUP_NAME_MAX_LENGTH,
  GROUP_NAME_OFFSET,
  GROUP_SHARED,
  GROUP_STATE_MASK,
  GROUP_STATE_OFFSET,
} from '../layout/group-table.js';
import { groupEntryIndex, wordAt } from '../ring/indices.js';
import type { SegmentMemory } from '../ring/segment-memory.js';

export type GroupMode = 'reliable' | 'lossy';

/** What a group is, from its creation on. */
export interface GroupKind {
  readonly mode: GroupMode;
  readonly shared: boolean;
  readonly durable: boolean;
}

/** An entry of the group table that is in use. */
export interface GroupEntry extends GroupKind {
  readonly group: number;
  readonly name: string;
  /** Nanoseconds since the Unix epoch. */
  readonly createdAtNs: bigint;
}

/** The group that a segment has from its creation on if no groups are declared: reliable and durable. */
export const DEFAULT_GROUP = 'default';

export function groupState(memory: SegmentMemory, group: number): number {
  return Atomics.load(memory.words, wordAt(groupEntryIndex(memory, group), GROUP_STATE_OFFSET)); // SYNC: joined
}

/** The active groups. */
export function activeGroups(memory: SegmentMemory): GroupEntry[] {
  return groupsInState(memory, GROUP_ACTIVE).map((group) => groupEntry(memory, group));
}

/** The groups in one state: free, joining or active. */
export function groupsInState(memory: SegmentMemory, wanted: number): number[] {
  const all = Array.from({ length: memory.geometry.groupCount }, (_, group) => group);
  return all.filter((group) => (groupState(memory, group) & GROUP_STATE_MASK) === wanted);
}

function groupEntry(memory: SegmentMemory, group: number): GroupEntry {
  const index = groupEntryIndex(memory, group);
  const state = groupState(memory, group);
  const nameStart = wordAt(index, GROUP_NAME_OFFSET) * 4;
  const nameLength = Math.min(memory.words[wordAt(index, GROUP_NAME_LENGTH_OFFSET)]! >>> 0, GROUP_NAME_MAX_LENGTH);
  return {
    group,
    name: memory.bytes.toString('latin1', nameStart, nameStart + nameLength),
    createdAtNs: memory.times[wordAt(index, GROUP_CREATED_AT_OFFSET) >>> 1]!,
    mode: (state & GROUP_LOSSY) !== 0 ? 'lossy' : 'reliable',
    shared: (state & GROUP_SHARED) !== 0,
    durable: (state & GROUP_DURABLE) !== 0,
  };
}
