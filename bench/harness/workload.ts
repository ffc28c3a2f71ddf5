/** What a contestant is given to carry: the same for all, so that only the carrying differs. */
export interface Workload {
  readonly payloadLength: number;
  /** Messages that are measured, or round trips. */
  readonly messageCount: number;
  /**
   * Carried before those, but not measured. Of these every byte is compared; of the others the number, the pattern that
   * depends on it, and one byte that moves through the middle.
   */
  readonly warmUpCount: number;
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
