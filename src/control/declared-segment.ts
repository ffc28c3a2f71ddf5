import { HermesError } from '../errors.js';
import type { SegmentStatus } from './coordinator-lock.js';
import type { CreateOptions } from './create-options.js';
import { ensureSegment } from './ensure-segment.js';
import { removeOtherLayout } from './remove-segment.js';

/**
 * Makes sure that a segment exists, as `ensureSegment` does, and replaces a segment of another layout (major) that has the name, if nobody
 * takes part in it. If somebody does, the error tells of its layout. @throws HermesError what ensureSegment throws
 */
export function segmentAsDeclared(name: string, options: CreateOptions): SegmentStatus['origin'] {
  try {
    return ensureSegment(name, options).origin;
  } catch (error) {
    const { directory } = options;
    if (!isOfOtherLayout(error) || !removeOtherLayout(name, { directory })) throw error;
    ensureSegment(name, options);
    return 'replaced';
  }
}

/** Why a segment cannot be as declared now, although nothing is wrong with the declaration. It can be once it is idle. */
export function isOfOtherLayout(error: unknown): boolean {
  return (error as HermesError).code === 'ERR_HERMES_INCOMPATIBLE_LAYOUT';
}

/** Makes one error that tells of all. */
export function throwAll([first, ...others]: readonly HermesError[]): void {
  if (first === undefined) return;
  const messages = [first.message, ...others.map(({ code, message }) => `${code}: ${message}`)];
  throw new HermesError(first.code, messages.join('. Also: '), { cause: first });
}
