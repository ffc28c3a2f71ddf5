import { threadId } from 'node:worker_threads';
import {
  SLOT_ATTACH_COUNT_OFFSET,
  SLOT_ATTACHED,
  SLOT_ATTACHED_AT_OFFSET,
  SLOT_CPU_OFFSET,
  SLOT_FREE,
  SLOT_HEARTBEAT_OFFSET,
  SLOT_PID_OFFSET,
  SLOT_STATE_OFFSET,
  SLOT_THREAD_ID_OFFSET,
} from '../layout/participant-slot.js';
import { MAX_CPU, pinnedCpu } from '../os/cpu-affinity.js';
import { storeTime } from '../ring/clock.js';
import { wordAt } from '../ring/indices.js';
import type { Segment } from '../segment/segment.js';

/** A participant slot: its words in the memory, and the lock byte whose holder owns it. */
export interface Slot {
  readonly index: number;
  readonly lockOffset: number;
}

/**
 * A participant that has written its heartbeat within these nanoseconds is taken for alive until the next tick: a hint that saves a
 * system call. It only decides how soon the dead are found. Kernel locks alone prove anything.
 */
const FRESH_NS = 375_000_000n;

/** Information about the participant in a slot. */
export interface Participant {
  readonly pid: number;
  readonly threadId: number;
  /** The CPU that its thread was pinned to when it attached; null: none. */
  readonly cpu: number | null;
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
  words[wordAt(slot.index, SLOT_CPU_OFFSET)] = (pinnedCpu() ?? -1) + 1;
  words[wordAt(slot.index, SLOT_ATTACH_COUNT_OFFSET)]!++;
  storeTime(times, wordAt(slot.index, SLOT_ATTACHED_AT_OFFSET) >>> 1, clockOffsetNs);
  beat(segment, slot);
  Atomics.store(words, wordAt(slot.index, SLOT_STATE_OFFSET), SLOT_ATTACHED); // SYNC: attached
}

/** Says in a slot that its owner is alive, for people. */
export function beat({ memory }: Segment, { index }: Slot): void {
  storeTime(memory.times, wordAt(index, SLOT_HEARTBEAT_OFFSET) >>> 1, memory.clockOffsetNs);
}

/** Whether the owner of an occupied slot has said so within the last milliseconds before `own` has, who has just done so. */
export function hasBeatLately(segment: Segment, slot: Slot, own: Slot): boolean {
  const { times } = segment.memory;
  const heartbeat = ({ index }: Slot) => times[wordAt(index, SLOT_HEARTBEAT_OFFSET) >>> 1]!;
  const ageNs = heartbeat(own) - heartbeat(slot);
  return isOccupied(segment, slot) && ageNs >= 0n && ageNs < FRESH_NS;
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
  const cpu = words[wordAt(slot.index, SLOT_CPU_OFFSET)]!;
  return {
    pid: words[wordAt(slot.index, SLOT_PID_OFFSET)]!,
    threadId: words[wordAt(slot.index, SLOT_THREAD_ID_OFFSET)]!,
    cpu: cpu > 0 && cpu <= MAX_CPU + 1 ? cpu - 1 : null,
    attachedAtNs: `${times[wordAt(slot.index, SLOT_ATTACHED_AT_OFFSET) >>> 1]!}`,
    heartbeatNs: `${times[wordAt(slot.index, SLOT_HEARTBEAT_OFFSET) >>> 1]!}`,
    alive: segment.locks.isLockedByOther(slot.lockOffset),
  };
}
