import { HermesError } from '../errors.js';
import { ROSTER_LANES_MASK, ROSTER_OFFSET, ROSTER_REMOVED } from '../layout/preamble.js';
import type { SegmentMemory } from './segment-memory.js';

/** How many lanes, from lane 0, ever had a producer: nothing was written to the others. */
export function lanesInUse(memory: SegmentMemory): number {
  const lanes = Atomics.load(memory.words, ROSTER_OFFSET >>> 2) & ROSTER_LANES_MASK; // SYNC: roster
  return Math.min(lanes, memory.geometry.laneCount);
}

/** Notes that lanes up to `lane` are in use. The control lock must be held. */
export function raiseLanesInUse(memory: SegmentMemory, lane: number): void {
  const word = Atomics.load(memory.words, ROSTER_OFFSET >>> 2);
  if ((word & ROSTER_LANES_MASK) > lane) return;
  Atomics.store(memory.words, ROSTER_OFFSET >>> 2, (word & ~ROSTER_LANES_MASK) | (lane + 1)); // SYNC: roster
}

/** True once somebody has begun to remove the segment: its name leads nowhere, or to another segment. */
export function isRemoved(memory: SegmentMemory): boolean {
  return (Atomics.load(memory.words, ROSTER_OFFSET >>> 2) & ROSTER_REMOVED) !== 0; // SYNC: roster
}

/** Notes that the segment is being removed. The control lock must be held. */
export function markRemoved(memory: SegmentMemory): void {
  Atomics.or(memory.words, ROSTER_OFFSET >>> 2, ROSTER_REMOVED); // SYNC: roster
}

export function removedError(name?: string): HermesError {
  return new HermesError(
    'ERR_HERMES_REMOVED',
    `The segment${name === undefined ? '' : ` ${name}`} was removed: detach, and attach anew once it has been created again`,
  );
}
