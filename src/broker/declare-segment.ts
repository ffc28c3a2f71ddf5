import { HermesError } from '../errors.js';
import { type CreateOptions, resolveCreateOptions, type SegmentShape } from './create-options.js';
import { createSegment } from './create-segment.js';
import { DEFAULT_GROUP } from './group-registry.js';
import { inspectSegment, type SegmentInspection } from './inspect-segment.js';
import { removeUnusable } from './remove-segment.js';
import { checkName } from './segment-name.js';

/** Others may create and remove the name meanwhile; this many times are bad luck enough. */
const ATTEMPTS = 10;

/**
 * Sees to it that a segment exists: creates it, or adopts the one that is there with the same shape, or replaces one of an earlier
 * boot, which nobody can use. What is seen without the control lock decides only what stays true of that very segment, its shape and
 * that it is of this boot: whether it has to go is decided again under the lock.
 * @throws HermesError ERR_HERMES_SEGMENT_EXISTS when the shapes differ, showing both; ERR_HERMES_BUSY
 */
export function declareSegment(name: string, options: CreateOptions): 'created' | 'adopted' | 'replaced' {
  const { directory } = options;
  const shape = resolveNamed(name, options);
  let hasRemoved = false;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const existing = inspectIfThere(name, options);
    if (existing === undefined) {
      if (createIfFree(name, options)) return hasRemoved ? 'replaced' : 'created';
    } else if (existing.isOfThisBoot && !existing.isRemoved) {
      checkShape(name, existing, shape);
      return 'adopted';
    } else if (removeUnusable(name, { directory })) {
      hasRemoved = true;
    }
  }
  throw new HermesError(
    'ERR_HERMES_BUSY',
    `Others create and remove the segment ${name} all the time: end them, or declare another name`,
  );
}

function checkShape(name: string, existing: SegmentInspection, shape: SegmentShape): void {
  const wanted = shapeText(shape);
  const found = shapeText(shapeOf(existing, shape));
  if (wanted === found) return;
  throw new HermesError(
    'ERR_HERMES_SEGMENT_EXISTS',
    `The segment ${name} exists with another geometry: it has ${found}, and ${wanted} is declared; remove it first (hermes rm ${name}), or declare what it has`,
  );
}

/** @throws HermesError ERR_HERMES_INVALID_NAME, _INVALID_OPTION: what is wrong with the declaration itself, and of which segment */
export function checkDeclaration(name: string, options: CreateOptions): void {
  checkName(name, 'segment');
  resolveNamed(name, options);
}

/** Of many segments that are declared, the error says which one is meant. */
function resolveNamed(name: string, options: CreateOptions): SegmentShape {
  try {
    return resolveCreateOptions(options);
  } catch (error) {
    if (!(error instanceof HermesError)) throw error;
    throw new HermesError(error.code, `The segment ${name} cannot be as it is declared: ${error.message}`);
  }
}

function inspectIfThere(name: string, { directory }: CreateOptions): SegmentInspection | undefined {
  try {
    return inspectSegment(name, { directory });
  } catch (error) {
    if (['ERR_HERMES_SEGMENT_NOT_FOUND', 'ERR_HERMES_REMOVED'].includes((error as HermesError).code)) return undefined;
    throw error;
  }
}

/** False when somebody else was faster just now. */
function createIfFree(name: string, options: CreateOptions): boolean {
  try {
    createSegment(name, options);
    return true;
  } catch (error) {
    if ((error as HermesError).code !== 'ERR_HERMES_SEGMENT_EXISTS') throw error;
    return false;
  }
}

type ComparedShape = Omit<SegmentShape, 'mode'>;

/** Whether `default` was made a work queue is not to be told any more once it was removed: then nothing speaks against it. */
function shapeOf(segment: SegmentInspection, wanted: ComparedShape): ComparedShape {
  return {
    geometry: {
      laneCount: segment.producers,
      groupCount: segment.groupCount,
      memberCount: segment.members,
      laneCapacity: segment.capacity,
      maxPayloadLength: segment.maxPayload,
    },
    checksum: segment.checksum,
    timestamps: segment.timestamps,
    shared: segment.groups.find((group) => group.name === DEFAULT_GROUP)?.shared ?? wanted.shared,
  };
}

function shapeText({ geometry, checksum, timestamps, shared }: ComparedShape): string {
  const { laneCount, groupCount, memberCount, laneCapacity, maxPayloadLength } = geometry;
  return (
    `producers ${laneCount}, groups ${groupCount}, members ${memberCount}, capacity ${laneCapacity}, ` +
    `maxPayload ${maxPayloadLength}, checksum ${checksum}, timestamps ${timestamps}, shared ${shared}`
  );
}
