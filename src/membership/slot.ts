import { threadId } from 'node:worker_threads';
import {
  SLOT_ATTACH_COUNT_OFFSET,
  SLOT_ATTACHED,
  SLOT_ATTACHED_AT_OFFSET,
  SLOT_FREE,
  SLOT_HEARTBEAT_OFFSET,
  SLOT_PID_OFFSET,
  SLOT_STATE_OFFSET,
  SLOT_THREAD_ID_OFFSET,
} from '../layout/participant-slot.js';
import { storeTime } from '../ring/clock.js';
import { wordAt } from '../ring/indices.js';
import type { Segment } from '../segment/segment.js';

/** A participant slot: its words in the memory, and the lock byte whose holder owns it. */
export interface Slot {
  readonly index: number;
  readonly lockOffset: number;
}

/** Information about the participant in a slot. */
export interface Participant {
  readonly pid: number;
  readonly threadId: number;
  /** Nanoseconds since the Unix epoch, in decimal. */
  readonly attachedAtNs: string;
  readonly heartbeatNs: string;
  /** Told by the kernel lock, which alone proves it. */
  readonly alive: boolean;
}

/** Writes the present thread into a slot whose lock is held; the state last. */
export function occupySlot(segment: Segment, slot: Slot): void {
  const { words, times, clockOffsetNs } = segment.memory;
  words[wordAt(slot.index, SLOT_PID_OFFSET)] = process.pid;
  words[wordAt(slot.index, SLOT_THREAD_ID_OFFSET)] = threadId;
  words[wordAt(slot.index, SLOT_ATTACH_COUNT_OFFSET)]!++;
  storeTime(times, wordAt(slot.index, SLOT_ATTACHED_AT_OFFSET) >>> 1, clockOffsetNs);
  storeTime(times, wordAt(slot.index, SLOT_HEARTBEAT_OFFSET) >>> 1, clockOffsetNs);
  Atomics.store(words, wordAt(slot.index, SLOT_STATE_OFFSET), SLOT_ATTACHED); // SYNC: attached
}

/** Frees a slot whose lock is held: the last store of a detach or of a recovery. */
export function vacateSlot(segment: Segment, slot: Slot): void {
  Atomics.store(segment.memory.words, wordAt(slot.index, SLOT_STATE_OFFSET), SLOT_FREE); // SYNC: attached
}

export function isOccupied(segment: Segment, slot: Slot): boolean {
  return Atomics.load(segment.memory.words, wordAt(slot.index, SLOT_STATE_OFFSET)) === SLOT_ATTACHED; // SYNC: attached
}

/** How often the slot was taken since the segment's creation. */
export function attachCount(segment: Segment, slot: Slot): number {
  return Atomics.load(segment.memory.words, wordAt(slot.index, SLOT_ATTACH_COUNT_OFFSET)) >>> 0;
}

/** The participant in a slot, or undefined. One probe of a kernel lock. */
export function participantIn(segment: Segment, slot: Slot): Participant | undefined {
  if (!isOccupied(segment, slot)) return undefined;
  const { words, times } = segment.memory;
  return {
    pid: words[wordAt(slot.index, SLOT_PID_OFFSET)]!,
    threadId: words[wordAt(slot.index, SLOT_THREAD_ID_OFFSET)]!,
    attachedAtNs: `${times[wordAt(slot.index, SLOT_ATTACHED_AT_OFFSET) >>> 1]!}`,
    heartbeatNs: `${times[wordAt(slot.index, SLOT_HEARTBEAT_OFFSET) >>> 1]!}`,
    alive: segment.locks.isLockedByOther(slot.lockOffset),
  };
}
