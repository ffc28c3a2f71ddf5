import { leaseSegment, type SegmentLease } from '../../src/tools/bench/segment-lease.js';
import { type BareMapping, bareRingLength, createBareMemory } from '../rings/bare-ring.js';
import type { RingTask } from '../rings/ring-ends.js';
import { BATCH_COUNT, type Bench, endsOf, type Measure, RING_CAPACITY, type Workload } from '../runner/bench.js';
import { histogramOf, rateOf, runMeasuring } from '../runner/measuring.js';
import { startRole } from '../runner/role.js';
import { BARE, type Contestant, LINK_PACE, RING_PACE } from './contestant.js';

/** What a segment may have in every message. */
interface RingOptions {
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

interface HermesOptions {
  readonly timestamps: boolean;
  readonly checksum: boolean;
  /** What a consumer does while there is nothing to read. A producer spins until there is room. */
  readonly idle: 'spin' | 'doorbell';
  /** Messages that `offerBatch` is given, or that are claimed and written in place. */
  readonly batchCount: number;
  readonly batching: 'offerBatch' | 'claims';
}

/** As the other rings are: without what they cannot do. */
export const PLAIN: HermesOptions = {
  timestamps: false,
  checksum: false,
  idle: 'spin',
  batchCount: BATCH_COUNT,
  batching: 'offerBatch',
};

/** Hermes, by its public API: one lane, one group of one member. */
export function hermes(bench: Bench, name: string, options: HermesOptions): Contestant {
  const { directory } = bench.scratch;
  const run = async <Result>(workload: Workload, measure: Measure, batchCount: number): Promise<Result> => {
    using there = leaseRing(directory, options);
    using back = leaseRing(directory, options);
    const task = {
      ...workload,
      ring: 'hermes',
      there: there.name,
      back: back.name,
      directory,
      capacity: RING_CAPACITY,
      batchCount,
      claims: options.batching === 'claims',
      idle: options.idle,
    } as const;
    const children = endsOf(measure).map((end) => startRole<unknown>('ring', { ...task, end } satisfies RingTask));
    return await runMeasuring<Result>(children, bench.interrupted);
  };
  return {
    name,
    how: `${options.idle === 'spin' ? 'both ends spin' : 'consumers sleep on the doorbell'}; ${options.timestamps ? 'with the time in every message (the default)' : 'timestamps off'}, checksum ${options.checksum ? 'on' : 'off (the default)'}`,
    batching:
      options.batching === 'claims'
        ? `\`tryClaim\` of ${options.batchCount}, written in place`
        : `\`offerBatch\` of ${options.batchCount}`,
    // The kernel wakes one that sleeps, as it does the ends of links.
    pace: options.idle === 'spin' ? RING_PACE : { ...RING_PACE, roundTrips: LINK_PACE.roundTrips },
    throughput: async (workload, sending) =>
      rateOf(name, workload, await run(workload, 'throughput', sending === 'one' ? 1 : options.batchCount)),
    roundTrips: async (workload) => histogramOf(name, workload, await run(workload, 'round-trip', 1)),
  };
}

/** The ring that one would write by hand, over memory that a package shares between processes. */
export function bare(bench: Bench, mapping: BareMapping): Contestant {
  const name = mapping === 'koffi' ? BARE : `${BARE}, ${mapping}`;
  const run = async <Result>(workload: Workload, measure: Measure, batchCount: number): Promise<Result> => {
    const [there, back] = [bench.scratch.fresh('ring'), bench.scratch.fresh('ring')];
    const removals = [there, back].map((file) => createBareMemory(mapping, file, bareRingLength(RING_CAPACITY)));
    try {
      const { directory } = bench.scratch;
      const shape = { ring: mapping, there, back, directory, capacity: RING_CAPACITY, idle: 'spin' } as const;
      const task = { ...workload, ...shape, batchCount };
      const children = endsOf(measure).map((end) => startRole<unknown>('ring', { ...task, end } satisfies RingTask));
      return await runMeasuring<Result>(children, bench.interrupted);
    } finally {
      for (const remove of removals) remove();
    }
  };
  return {
    name,
    how:
      mapping === 'koffi'
        ? "90 lines of JavaScript on Hermes's own mapping; no checks, no groups, no recovery; both ends spin"
        : `the same lines over \`${mapping}\``,
    batching: `published ${BATCH_COUNT} at a time`,
    pace: RING_PACE,
    throughput: async (workload, sending) =>
      rateOf(name, workload, await run(workload, 'throughput', sending === 'one' ? 1 : BATCH_COUNT)),
    roundTrips: async (workload) => histogramOf(name, workload, await run(workload, 'round-trip', 1)),
  };
}
