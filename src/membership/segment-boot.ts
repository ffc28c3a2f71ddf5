import path from 'node:path';
import { HermesError } from '../errors.js';
import { bootId, bootIdIfShown } from '../os/boot.js';
import { endsWithBoot } from '../os/file-system.js';
import type { Segment } from '../segment/segment.js';
import { isAttachedTo } from './places.js';

/** `unknown` if the machine's boot id is needed to tell, and /proc does not show it. */
export type SegmentBoot = 'this' | 'other' | 'unknown';

/**
 * Of which boot a segment is. Its boot id is only a hint, because containers may have one of their own on the same kernel. It is of this
 * boot also if its file system ends with the boot, or if somebody holds a slot's lock: the holder had found the segment to be of this
 * boot, and the kernel that tells of the lock is this one. (The control lock proves nothing, because it is held to find out.)
 *
 * 'this' stays true whatever happens. 'other' does not, as somebody may attach: hold the control lock to act on it.
 */
export function bootOf(segment: Segment): SegmentBoot {
  const present = bootIdIfShown();
  if (present?.equals(segment.header.bootId) || isProvenHere(segment)) return 'this';
  return present === undefined ? 'unknown' : 'other';
}

/**
 * The locks and sleepers of another boot mean nothing, so nobody may take part.
 * @throws HermesError ERR_HERMES_OTHER_BOOT; ERR_HERMES_SYSTEM where the boot id is needed and not shown
 */
export function checkBoot(segment: Segment): void {
  const { header, name } = segment;
  if (bootOf(segment) === 'this') return;
  const present = bootId();
  throw new HermesError(
    'ERR_HERMES_OTHER_BOOT',
    `The segment ${name} was created before the machine was started (its boot id is ${header.bootId.toString('hex')}, the present one ` +
      `${present.toString('hex')}), and nobody is attached to it: remove it and create it again. Containers that have boot ids of ` +
      'their own share segments in a directory in memory (tmpfs)',
  );
}

function isProvenHere(segment: Segment): boolean {
  return endsWithBoot(path.dirname(segment.path), segment.locks.stat().dev) || isAttachedTo(segment);
}
