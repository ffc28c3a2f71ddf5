import { groupEntryOffset } from '../layout/group-table.js';
import { laneControlOffset } from '../layout/lane-control.js';
import { memberSlotOffset, producerSlotOffset } from '../layout/participant-slot.js';
import { positionOffset } from '../layout/positions.js';
import type { SegmentMemory } from './segment-memory.js';

// Where the structures of a segment start, as indices of its Int32Array. Add a byte offset of the layout divided by 4.

/** The word at byte `offset` of the structure that starts at word `index`. */
export function wordAt(index: number, offset: number): number {
  return index + (offset >>> 2);
}

export function laneControlIndex(memory: SegmentMemory, lane: number): number {
  return (memory.sections.laneControlsOffset + laneControlOffset(lane)) >>> 2;
}

export function producerSlotIndex(memory: SegmentMemory, lane: number): number {
  return (memory.sections.producerSlotsOffset + producerSlotOffset(lane)) >>> 2;
}

export function memberSlotIndex(memory: SegmentMemory, group: number, member: number): number {
  return (memory.sections.memberSlotsOffset + memberSlotOffset(group, member, memory.geometry.memberCount)) >>> 2;
}

export function groupEntryIndex(memory: SegmentMemory, group: number): number {
  return (memory.sections.groupTableOffset + groupEntryOffset(group)) >>> 2;
}

export function positionIndex(memory: SegmentMemory, group: number, lane: number): number {
  return (memory.sections.positionsOffset + positionOffset(group, lane, memory.geometry.laneCount)) >>> 2;
}

/** Where the ring of `lane` starts, in bytes; beyond 2³¹ in large segments. */
export function laneOffset(memory: SegmentMemory, lane: number): number {
  return memory.sections.lanesOffset + lane * memory.geometry.laneCapacity;
}
