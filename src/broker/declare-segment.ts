import { HermesError } from '../errors.js';
import { type CreateOptions, resolveCreateOptions, type SegmentShape } from './create-options.js';
import { createSegment } from './create-segment.js';
import { DEFAULT_GROUP } from './group-registry.js';
import { inspectSegment, type SegmentInspection } from './inspect-segment.js';
import { removeSegment } from './remove-segment.js';

/**
 * Sees to it that a segment exists: creates it, or adopts the one that is there with the same shape, or replaces one
 * of an earlier boot, which nobody can use. @throws HermesError ERR_HERMES_SEGMENT_EXISTS when the shapes differ, showing both
 */
export function declareSegment(name: string, options: CreateOptions): 'created' | 'adopted' | 'replaced' {
  const { directory } = options;
  const shape = resolveNamed(name, options);
  const existing = createOrInspect(name, options);
  if (existing === undefined) return 'created';
  if (!existing.isOfThisBoot || existing.isRemoved) {
    removeSegment(name, { directory });
    createSegment(name, options);
    return 'replaced';
  }
  const wanted = shapeText(shape);
  const found = shapeText(shapeOf(existing, shape));
  if (wanted === found) return 'adopted';
  throw new HermesError(
    'ERR_HERMES_SEGMENT_EXISTS',
    `The segment ${name} exists with another geometry: it has ${found}, and ${wanted} is declared; remove it first (hermes rm ${name}), or declare what it has`,
  );
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

/** Undefined when it was created; otherwise what is there, also when somebody else was faster just now. */
function createOrInspect(name: string, options: CreateOptions): SegmentInspection | undefined {
  try {
    return inspectSegment(name, options);
  } catch (error) {
    if ((error as HermesError).code !== 'ERR_HERMES_SEGMENT_NOT_FOUND') throw error;
  }
  try {
    createSegment(name, options);
    return undefined;
  } catch (error) {
    if ((error as HermesError).code !== 'ERR_HERMES_SEGMENT_EXISTS') throw error;
    return inspectSegment(name, options);
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
