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
  const existing = inspectIfThere(name, directory);
  if (existing === undefined) {
    createSegment(name, options);
    return 'created';
  }
  if (!existing.isOfThisBoot || existing.isRemoved) {
    removeSegment(name, { directory });
    createSegment(name, options);
    return 'replaced';
  }
  const wanted = shapeText(resolveCreateOptions(options));
  const found = shapeText(shapeOf(existing));
  if (wanted === found) return 'adopted';
  throw new HermesError(
    'ERR_HERMES_SEGMENT_EXISTS',
    `The segment ${name} exists with another geometry: it has ${found}, and ${wanted} is declared; remove it first (hermes rm ${name}), or declare what it has`,
  );
}

function inspectIfThere(name: string, directory: string | undefined): SegmentInspection | undefined {
  try {
    return inspectSegment(name, { directory });
  } catch (error) {
    if ((error as HermesError).code === 'ERR_HERMES_SEGMENT_NOT_FOUND') return undefined;
    throw error;
  }
}

type ComparedShape = Omit<SegmentShape, 'mode'>;

function shapeOf(segment: SegmentInspection): ComparedShape {
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
    shared: segment.groups.find((group) => group.name === DEFAULT_GROUP)?.shared ?? false,
  };
}

function shapeText({ geometry, checksum, timestamps, shared }: ComparedShape): string {
  const { laneCount, groupCount, memberCount, laneCapacity, maxPayloadLength } = geometry;
  return (
    `producers ${laneCount}, groups ${groupCount}, members ${memberCount}, capacity ${laneCapacity}, ` +
    `maxPayload ${maxPayloadLength}, checksum ${checksum}, timestamps ${timestamps}, shared ${shared}`
  );
}
