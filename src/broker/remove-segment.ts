import fs from 'node:fs';
import path from 'node:path';
import { HermesError } from '../errors.js';
import { ID_LENGTH, SEGMENT_ID_OFFSET } from '../layout/preamble.js';
import { ByteLocks } from '../os/byte-locks.js';
import { withSystemErrors } from '../os/system-error.js';
import { isRemoved, markRemoved } from '../ring/roster-word.js';
import { withControlLock } from './control-lock.js';
import type { DirectoryOptions } from './directory.js';
import { removeFifos } from './doorbells.js';
import { livingParticipants } from './roster.js';
import { isOfThisBoot, openSegment, type Segment, segmentPath } from './segment.js';

export interface RemoveOptions extends DirectoryOptions {
  /** Remove it even while somebody is attached (they get ERR_HERMES_REMOVED), or when it is damaged. Default false. */
  readonly force?: boolean | undefined;
}

/**
 * Removes a segment. Its memory is given back when the last participant has detached.
 * @throws HermesError ERR_HERMES_SEGMENT_NOT_FOUND; ERR_HERMES_BUSY, naming who is attached, unless forced
 */
export function removeSegment(name: string, options: RemoveOptions = {}): void {
  const force = options.force ?? false;
  const segment = openOrUnlink(name, options, force);
  if (segment === undefined) return;
  try {
    withControlLock(segment, () => {
      checkSameFile(segment);
      if (!force && !isRemoved(segment.memory) && isOfThisBoot(segment.header)) checkNobodyAttached(segment);
      markRemoved(segment.memory);
      segment.doorbells.ringAll(); // they find that it is removed
      removeFifos(path.dirname(segment.path), segment.header.segmentId);
      withSystemErrors('remove', segment.path, () => fs.unlinkSync(segment.path));
    });
  } finally {
    segment.close();
  }
}

/**
 * Unlinks a segment whose remover died half-way. False when the name leads to one that is not being removed, and stays.
 * Called where the name is in the way; somebody else may be at it too.
 */
export function finishRemoval(name: string, directory: string): boolean {
  try {
    const segment = openSegment(name, { directory }, 'read-only');
    const removed = isRemoved(segment.memory);
    segment.close();
    if (removed) removeSegment(name, { directory });
    return removed;
  } catch (error) {
    // Gone, or already another one: whoever wants the name tries again.
    return ['ERR_HERMES_SEGMENT_NOT_FOUND', 'ERR_HERMES_REMOVED'].includes((error as HermesError).code);
  }
}

/** A damaged segment has no lock to be taken: forced, its file is unlinked. */
function openOrUnlink(name: string, options: DirectoryOptions, force: boolean): Segment | undefined {
  try {
    return openSegment(name, options, 'read-write');
  } catch (error) {
    const { code } = error as HermesError;
    if (!force || (code !== 'ERR_HERMES_CORRUPT_SEGMENT' && code !== 'ERR_HERMES_INCOMPATIBLE_LAYOUT')) throw error;
    const file = segmentPath(name, options);
    const opened = ByteLocks.open(file);
    const id = opened.read(SEGMENT_ID_OFFSET, ID_LENGTH); // damaged or not, it names FIFOs of nobody else
    opened.close();
    if (id.length === ID_LENGTH) removeFifos(path.dirname(file), id);
    withSystemErrors('remove', file, () => fs.unlinkSync(file));
    return undefined;
  }
}

function checkSameFile(segment: Segment): void {
  const named = fs.lstatSync(segment.path, { throwIfNoEntry: false });
  const open = segment.locks.stat();
  if (named === undefined || named.ino !== open.ino || named.dev !== open.dev) {
    throw new HermesError(
      'ERR_HERMES_SEGMENT_NOT_FOUND',
      `The segment ${segment.name} in ${path.dirname(segment.path)} was removed by somebody else meanwhile: nothing to do`,
    );
  }
}

function checkNobodyAttached(segment: Segment): void {
  const living = livingParticipants(segment);
  if (living.length === 0) return;
  throw new HermesError(
    'ERR_HERMES_BUSY',
    `The segment ${segment.name} is in use by process${living.length > 1 ? 'es' : ''} ${living.join(', ')}: end ${living.length > 1 ? 'them' : 'it'} first, or force the removal`,
  );
}
