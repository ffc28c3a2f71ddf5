import { HermesError } from '../errors.js';
import { checkName } from '../segment/segment-name.js';
import { adoptSegment } from './adopt-segment.js';
import { type CreateOptions, resolveCreateOptions } from './create-options.js';
import { type CreatedSegment, createSegment } from './create-segment.js';
import { inspectSegment, type SegmentInspection } from './inspect-segment.js';
import { removeUnusable } from './remove-segment.js';

/** How often to try: others may create and remove the name meanwhile. */
const ATTEMPTS = 10;

/** The segment that exists now. */
export interface EnsuredSegment extends CreatedSegment {
  /** Whether it was created now, adopted with what is in it, or created in place of one of an earlier boot. */
  readonly origin: 'created' | 'adopted' | 'replaced';
}

/**
 * Makes sure that a segment exists. Creates it; or adopts an existing one with the same geometry and groups, and leaves its
 * permissions and messages as they are; or replaces one of an earlier boot, which nobody can use. Adds declared groups that are missing,
 * which begin at the oldest message that is there. Any number of processes may call it at the same time.
 * @throws HermesError ERR_HERMES_SEGMENT_EXISTS when geometry or groups differ, showing both; ERR_HERMES_NO_FREE_GROUP when there is no
 *   place for a group that is missing; ERR_HERMES_BUSY; and what createSegment throws
 */
export function ensureSegment(name: string, options: CreateOptions = {}): EnsuredSegment {
  // What is seen without the control lock decides only about things that stay true of that very segment: its geometry, and that it is of
  // this boot. Whether it has to go, and which groups it has, is decided again under the lock.
  const { directory } = options;
  checkName(name, 'segment');
  const shape = resolveCreateOptions(options);
  let hasRemoved = false;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const existing = ifThere(() => inspectSegment(name, { directory }));
    if (existing === undefined) {
      const created = createIfFree(name, options);
      if (created !== undefined) return { ...created, origin: hasRemoved ? 'replaced' : 'created' };
    } else if (isUsable(existing)) {
      const { path, fileLength } = existing;
      if (ifThere(() => adoptSegment(existing, shape, { directory })))
        return { name, path, fileLength, origin: 'adopted' };
    } else if (removeUnusable(name, { directory })) {
      hasRemoved = true;
    }
  }
  throw new HermesError(
    'ERR_HERMES_BUSY',
    `Others create and remove the segment ${name} all the time: end them, or declare another name`,
  );
}

/** @throws HermesError ERR_HERMES_INVALID_NAME, _INVALID_OPTION: if many segments are declared, the error says which one is meant */
export function checkDeclaration(name: string, options: CreateOptions): void {
  checkName(name, 'segment');
  try {
    resolveCreateOptions(options);
  } catch (error) {
    if (!(error instanceof HermesError)) throw error;
    throw new HermesError(error.code, `The segment ${name} cannot be as it is declared: ${error.message}`);
  }
}

function isUsable({ isOfThisBoot, isRemoved }: SegmentInspection): boolean {
  return isOfThisBoot && !isRemoved;
}

/** Undefined for a segment that does not exist, or no longer. */
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (['ERR_HERMES_SEGMENT_NOT_FOUND', 'ERR_HERMES_REMOVED'].includes((error as HermesError).code)) return undefined;
    throw error;
  }
}

/** Creates a segment. Undefined if the name is taken. @throws HermesError what else createSegment throws */
export function createIfFree(name: string, options: CreateOptions): CreatedSegment | undefined {
  try {
    return createSegment(name, options);
  } catch (error) {
    if ((error as HermesError).code !== 'ERR_HERMES_SEGMENT_EXISTS') throw error;
    return undefined;
  }
}
