import { leaseSegment, type SegmentLease } from '../../src/tools/bench/segment-lease.js';
import { RING_CAPACITY } from './bench.js';

/** What a segment may have in every message. */
export interface RingOptions {
  readonly timestamps?: boolean;
  readonly checksum?: boolean;
}

/** A segment that is a ring and no more, as the other rings are: one lane, one group of one member, for one measurement. */
export function leaseRing(directory: string, { timestamps = false, checksum = false }: RingOptions = {}): SegmentLease {
  return leaseSegment({
    directory,
    producers: 1,
    maxGroups: 1,
    members: 1,
    capacity: RING_CAPACITY,
    timestamps,
    checksum,
  });
}
