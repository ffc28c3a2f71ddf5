/** What a contestant is given to carry: the same for all, so that only the carrying differs. */
export interface Workload {
  readonly payloadLength: number;
  /** Messages that are measured, or round trips. */
  readonly messageCount: number;
  /** Carried before those, but not measured. */
  readonly warmUpCount: number;
}

/** Bytes of payloads that are compared one by one: as long as that goes on, it is what a message of 64 KiB costs. */
const COMPARED_LENGTH: number = 2 ** 27;

/**
 * The first messages of the warm-up, so many, of which every byte is compared. Of the others the number is, the pattern that
 * depends on it, and one byte that moves through the middle.
 */
export function comparedCount({ payloadLength, warmUpCount }: Workload): number {
  return Math.min(warmUpCount, COMPARED_LENGTH / payloadLength);
}

/** The ends of a measurement. The first of each pair measures, and is pinned to the first core. */
export type Role = 'receiver' | 'sender' | 'pinger' | 'echo';

export type Measure = 'throughput' | 'round-trip';

export function rolesOf(measure: Measure): readonly [Role, Role] {
  return measure === 'throughput' ? ['receiver', 'sender'] : ['pinger', 'echo'];
}

export function totalCount(workload: Workload): number {
  return workload.warmUpCount + workload.messageCount;
}
