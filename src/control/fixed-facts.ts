import type { SegmentHeader } from '../segment/segment-header.js';

/** What cannot be changed of a segment that is there, as options and inspection call it. */
export type FixedFacts = Readonly<
  Record<'producers' | 'maxGroups' | 'members' | 'capacity' | 'maxPayload', number> &
    Record<'checksum' | 'timestamps', boolean>
>;

type Fixed = Pick<SegmentHeader, 'geometry' | 'checksum' | 'timestamps'>;

export function fixedFacts({ geometry, checksum, timestamps }: Fixed): FixedFacts {
  const { laneCount, groupCount, memberCount, laneCapacity, maxPayloadLength } = geometry;
  return {
    producers: laneCount,
    maxGroups: groupCount,
    members: memberCount,
    capacity: laneCapacity,
    maxPayload: maxPayloadLength,
    checksum,
    timestamps,
  };
}
