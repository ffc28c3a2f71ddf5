import { HermesError } from '../errors.js';
import { isRemoved, removedError } from '../ring/roster-word.js';
import type { DirectoryOptions } from '../segment/directory.js';
import { isInPlace, openSegment, replaced, type Segment } from '../segment/segment.js';
import { withControlLock } from './control-lock.js';
import { enterGroup, type JoinRequest, type Membership } from './membership.js';
import { takeLane } from './places.js';
import { reap } from './reap.js';
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
  return whileOpen(segment, () => {
    const taken = withControlLock(segment, () => {
      if (isRemoved(segment.memory)) throw removedError(name);
      if (!isInPlace(segment)) throw replaced(segment.path); // somebody replaced it by hand: nobody would ever meet us here
      checkBoot(segment);
      return take(segment);
    });
    return { segment, taken };
  });
}

/** Makes what is to use an attached segment. If that fails, the segment is closed: others find its slot as that of a dead participant. */
export function whileOpen<T>(segment: Segment, make: () => T): T {
  try {
    return make();
  } catch (error) {
    segment.close();
    throw error;
  }
}

/** Where a producer writes. */
interface AttachedLane {
  readonly segment: Segment;
  readonly lane: number;
}

/**
 * Opens a segment and takes a lane in it, one of the `preferred` before others; `whileLocked` is called under the control lock.
 * @throws HermesError
 */
export function attachToLane(
  name: string,
  options: DirectoryOptions,
  preferred?: readonly number[],
  whileLocked: (segment: Segment, lane: number) => void = () => {},
): AttachedLane {
  const { segment, taken: lane } = attach(name, options, (opened) => {
    const free = takeLane(opened, preferred); // before the dead are cleaned up: a killed producer's lane comes first
    reap(opened);
    whileLocked(opened, free);
    return free;
  });
  return { segment, lane };
}

/**
 * Opens a segment and takes a place in a group. `make` makes what reads there, under the control lock: a lossy group begins where its
 * reader does, so whoever gets the lock after it is heard.
 * @throws HermesError
 */
export function attachToGroup<T>(
  name: string,
  options: DirectoryOptions,
  request: JoinRequest,
  make: (segment: Segment, membership: Membership) => T,
): T {
  const { taken } = attach(name, options, (opened) => {
    reap(opened); // an ephemeral group whose members have died has ended
    return make(opened, enterGroup(opened, request));
  });
  return taken;
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
