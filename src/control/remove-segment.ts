import fs from 'node:fs';
import path from 'node:path';
import { checkFlags, checkKnown, type OptionNames } from '../checks.js';
import { HermesError, type HermesErrorCode } from '../errors.js';
import { withControlLock } from '../membership/control-lock.js';
import { livingParticipants } from '../membership/places.js';
import { bootOf } from '../membership/segment-boot.js';
import { ByteLocks } from '../os/byte-locks.js';
import { withSystemErrors } from '../os/system-error.js';
import { isRemoved, markRemoved } from '../ring/roster-word.js';
import { DIRECTORY_OPTIONS, type DirectoryOptions, directoryPath } from '../segment/directory.js';
import { removeFifos } from '../segment/doorbells.js';
import { isInPlace, isNamed, openSegment, readHeader, type Segment, segmentPath } from '../segment/segment.js';

/** How a segment is removed. */
export interface RemoveOptions extends DirectoryOptions {
  /** Remove it even while somebody is attached (they get ERR_HERMES_REMOVED), or when it is damaged. Default false. */
  readonly force?: boolean | undefined;
}

const REMOVE_OPTIONS: OptionNames<RemoveOptions> = { ...DIRECTORY_OPTIONS, force: true };

/** `gone` when the name leads elsewhere or nowhere since the segment was opened. */
type Removal = 'removed' | 'kept' | 'gone';

/**
 * Removes a segment. Its memory is given back when the last participant has detached.
 * @throws HermesError ERR_HERMES_SEGMENT_NOT_FOUND; ERR_HERMES_BUSY, naming the processes that are attached, unless forced
 */
export function removeSegment(name: string, options: RemoveOptions = {}): void {
  checkKnown('removeSegment', options, REMOVE_OPTIONS);
  checkFlags(options, 'force');
  const removal = options.force ? removeByForce(name, options) : removeIf(name, options, isUnused);
  if (removal !== 'gone') return;
  throw new HermesError(
    'ERR_HERMES_SEGMENT_NOT_FOUND',
    `The segment ${name} in ${directoryPath(options)} was removed by somebody else meanwhile: nothing to do`,
  );
}

/** @throws HermesError ERR_HERMES_BUSY, whatever boot the segment claims to be of */
function isUnused(segment: Segment): boolean {
  if (!isRemoved(segment.memory)) checkNobodyAttached(segment);
  return true;
}

function removeByForce(name: string, options: DirectoryOptions): Removal {
  try {
    return removeIf(name, options, () => true);
  } catch (error) {
    if (!isUnusable(error)) throw error;
    const removal = removeFileIf(name, options, () => !canBeOpened(name, options));
    return removal === 'kept' ? 'gone' : removal; // another has the name now: the one that was in the way is gone
  }
}

/**
 * Unlinks a segment whose remover died half-way. False when the name leads to a segment that is not being removed, and so stays.
 * Called when the name is in the way; somebody else may be doing the same. @throws HermesError ERR_HERMES_BUSY
 */
export function finishRemoval(name: string, options: DirectoryOptions): boolean {
  try {
    return isFreed(() =>
      // To see that a segment is not being removed needs neither its lock nor the right to write to it.
      isBeingRemoved(name, options) ? removeIf(name, options, ({ memory }) => isRemoved(memory)) : 'kept',
    );
  } catch (error) {
    if (error instanceof HermesError && error.code !== 'ERR_HERMES_BUSY') return false; // no segment, or we may not open it
    throw error;
  }
}

function isBeingRemoved(name: string, options: DirectoryOptions): boolean {
  const segment = openSegment(name, options, 'read-only');
  try {
    return isRemoved(segment.memory);
  } finally {
    segment.close();
  }
}

/**
 * Unlinks such a segment, or one of another boot to which nobody is attached. False when the name leads to a segment that can be used.
 * @throws HermesError ERR_HERMES_BUSY, and what openSegment throws
 */
export function removeUnusable(name: string, options: DirectoryOptions): boolean {
  return isFreed(() => removeIf(name, options, (segment) => isRemoved(segment.memory) || bootOf(segment) === 'other'));
}

/** True when this segment is no longer in the way of the name. A caller that wants the name tries again. */
function isFreed(remove: () => Removal): boolean {
  try {
    return remove() !== 'kept';
  } catch (error) {
    if (['ERR_HERMES_SEGMENT_NOT_FOUND', 'ERR_HERMES_REMOVED'].includes((error as HermesError).code)) return true;
    throw error;
  }
}

/**
 * Removes the segment that a name leads to, if `mayGo` says so. Both happen under the control lock of that very file.
 *
 * A file can be unlinked only by its name, and we can only know that the name led to our file a moment ago. That is enough
 * as long as everybody keeps to two rules: a name is taken away only under the control lock of the file that it leads to, and given
 * only if it is free (`link` fails otherwise). So while we hold the lock of the file to which we saw the name lead, nobody
 * else takes the name away. Hence nobody gives it to another file, and `unlink` takes it from our file. See `names.pml`.
 */
function removeIf(name: string, options: DirectoryOptions, mayGo: (segment: Segment) => boolean): Removal {
  const segment = openSegment(name, options, 'read-write');
  try {
    return withControlLock(segment, () => {
      if (!isInPlace(segment)) return 'gone';
      if (!mayGo(segment)) return 'kept';
      markRemoved(segment.memory);
      segment.doorbells.ringAll(); // they find out that it is being removed
      unlink(segment.path, segment.locks);
      return 'removed';
    });
  } finally {
    segment.close();
  }
}

/**
 * Removes a file whose layout has another major, if nobody takes part in it. We do not know what its locks mean, but in every layout a participant
 * holds one. True when the name is free now. @throws HermesError ERR_HERMES_BUSY, _PERMISSION
 */
export function removeOtherLayout(name: string, options: DirectoryOptions): boolean {
  return isFreed(() =>
    removeFileIf(name, options, (file, locks) => hasOtherLayout(locks, file) && !locks.areHeldByOther),
  );
}

function hasOtherLayout(locks: ByteLocks, file: string): boolean {
  try {
    readHeader(locks, file);
    return false;
  } catch (error) {
    return (error as HermesError).code === 'ERR_HERMES_INCOMPATIBLE_LAYOUT';
  }
}

/** The same for a file that cannot be mapped: nobody in it can be rung for, but its control lock can be held all the same. */
function removeFileIf(
  name: string,
  options: DirectoryOptions,
  mayGo: (file: string, locks: ByteLocks) => boolean,
): Removal {
  const file = segmentPath(name, options);
  const locks = ByteLocks.open(file);
  try {
    return withControlLock({ name, locks }, () => {
      if (!isNamed(file, locks)) return 'gone';
      if (!mayGo(file, locks)) return 'kept';
      unlink(file, locks);
      return 'removed';
    });
  } finally {
    locks.close();
  }
}

function canBeOpened(name: string, options: DirectoryOptions): boolean {
  try {
    openSegment(name, options, 'read-write').close();
    return true;
  } catch (error) {
    if (isUnusable(error)) return false;
    throw error;
  }
}

/** The errors that keep a file from being mapped, so that only its name can be removed. */
const UNUSABLE: readonly HermesErrorCode[] = [
  'ERR_HERMES_CORRUPT_SEGMENT',
  'ERR_HERMES_INCOMPATIBLE_LAYOUT',
  'ERR_HERMES_NO_SPACE',
  'ERR_HERMES_INVALID_OPTION',
];

function isUnusable(error: unknown): boolean {
  return UNUSABLE.includes((error as HermesError).code);
}

/** Removes the FIFOs' names, and last the segment's, so that a process that finds the segment finds them, too. The control lock must be held. */
function unlink(file: string, locks: ByteLocks): void {
  removeFifos(path.dirname(file), locks.inode());
  withSystemErrors('remove', file, () => fs.unlinkSync(file));
}

function checkNobodyAttached(segment: Segment): void {
  const living = livingParticipants(segment);
  if (living.length === 0) return;
  throw new HermesError(
    'ERR_HERMES_BUSY',
    `The segment ${segment.name} is in use by process${living.length > 1 ? 'es' : ''} ${living.join(', ')}: end ${living.length > 1 ? 'them' : 'it'} first, or force the removal`,
  );
}
