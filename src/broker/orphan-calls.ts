import { attachCount, type Slot } from './participants.js';
import type { Segment } from './segment.js';

/**
 * Looks for the dead between two calls for the same orphan: five seconds of a sleeper's. It stays until a member handles it, and each
 * call takes the control lock and rings everybody.
 */
const LOOKS_PER_CALL = 20;

interface Call {
  /** Whose orphan it is: how often the slot had been taken. */
  readonly attachCount: number;
  looks: number;
}

const calls = new WeakMap<Segment, Map<number, Call>>();

/** Notes that the members of its group were called for what the dead owner of a slot has in flight. */
export function noteCall(segment: Segment, slot: Slot): void {
  const ofSegment = calls.get(segment) ?? new Map<number, Call>();
  calls.set(segment, ofSegment.set(slot.index, { attachCount: attachCount(segment, slot), looks: 0 }));
}

/** To be asked at each look, of a slot that is occupied: true where this participant has called lately, and need not again. */
export function hasCalledLately(segment: Segment, slot: Slot): boolean {
  const call = calls.get(segment)?.get(slot.index);
  if (call === undefined || call.attachCount !== attachCount(segment, slot)) return false;
  return ++call.looks < LOOKS_PER_CALL;
}
