import { HermesError } from '../errors.js';
import { isRemoved, removedError } from '../ring/roster-word.js';
import type { DirectoryOptions } from '../segment/directory.js';
import { isInPlace, openSegment, replaced, type Segment } from '../segment/segment.js';
import { withControlLock } from './control-lock.js';
import { checkBoot } from './segment-boot.js';

/** A segment in which this participant owns a slot. */
interface Attachment<T> {
  readonly segment: Segment;
  /** What `take` returned. */
  readonly taken: T;
}

/**
 * Opens a segment and takes a place in it, under the control lock.
 * @throws HermesError
 */
export function attach<T>(name: string, options: DirectoryOptions, take: (segment: Segment) => T): Attachment<T> {
  const segment = openSegment(name, options, 'read-write');
  try {
    const taken = withControlLock(segment, () => {
      if (isRemoved(segment.memory)) throw removedError(name);
      if (!isInPlace(segment)) throw replaced(segment.path); // somebody replaced it by hand: nobody would ever meet us here
      checkBoot(segment);
      return take(segment);
    });
    return { segment, taken };
  } catch (error) {
    segment.close();
    throw error;
  }
}

/** How long a detaching participant waits for the control lock. After that it leaves its slot as if it had died. */
const DETACH_TIMEOUT_MS = 100;

/** Runs `leave`, which gives the slot back, under the control lock. Never throws for a busy lock: the kernel drops the slot's lock, which is enough. */
export function detach(segment: Segment, leave: () => void): void {
  try {
    withControlLock(segment, leave, DETACH_TIMEOUT_MS);
  } catch (error) {
    if ((error as HermesError).code !== 'ERR_HERMES_BUSY') throw error;
  } finally {
    segment.close();
  }
}

/** The error that the methods of a detached participant throw. */
export function detachedError(what: string, name: string): HermesError {
  return new HermesError('ERR_HERMES_DETACHED', `This ${what} has detached from the segment ${name}: attach a new one`);
}
