import { GROUP_ATTENTION_OFFSET } from '../layout/group-table.js';
import { groupEntryIndex, wordAt } from '../ring/indices.js';
import type { SegmentMemory } from '../ring/segment-memory.js';
import type { Segment } from '../segment/segment.js';
import { attachCount, type Slot } from './slot.js';

/**
 * How many looks for the dead lie between two calls for the same orphan: for a sleeper, five seconds. The orphan stays until a member handles it, and
 * each call takes the control lock and rings everybody.
 */
const LOOKS_PER_CALL = 20;

interface Call {
  /** Tells whose orphan it is: how often the slot had been taken. */
  readonly attachCount: number;
  looks: number;
}

/** Tells the members of a shared group that one of them died with messages in flight. */
export function callForAdoption(memory: SegmentMemory, group: number): void {
  Atomics.add(memory.words, wordAt(groupEntryIndex(memory, group), GROUP_ATTENTION_OFFSET), 1); // SYNC: attention
}

/** The orphans for which one participant, or a coordinator, has called lately. */
export class OrphanCalls {
  /** By the slot's word index. */
  private readonly calls: Map<number, Call> = new Map();

  constructor(private readonly segment: Segment) {}

  /** Notes that the members of a group were called to handle what the dead owner of a slot has in flight. */
  note(slot: Slot): void {
    this.calls.set(slot.index, { attachCount: attachCount(this.segment, slot), looks: 0 });
  }

  /** Ask at each look, for each occupied slot: true if there was a call lately, so that no other is needed. */
  hasCalledLately(slot: Slot): boolean {
    const call = this.calls.get(slot.index);
    if (call === undefined || call.attachCount !== attachCount(this.segment, slot)) return false;
    return ++call.looks < LOOKS_PER_CALL;
  }
}
