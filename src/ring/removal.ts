import { HermesError } from '../errors.js';
import { REMOVED_OFFSET } from '../layout/preamble.js';
import type { SegmentMemory } from './segment-memory.js';

/** True once somebody has begun to remove the segment: its name leads nowhere, or to another segment. */
export function isRemoved(memory: SegmentMemory): boolean {
  return Atomics.load(memory.words, REMOVED_OFFSET >>> 2) !== 0; // SYNC: removed
}

export function removedError(name?: string): HermesError {
  return new HermesError(
    'ERR_HERMES_REMOVED',
    `The segment${name === undefined ? '' : ` ${name}`} was removed: detach, and attach anew once it has been created again`,
  );
}
