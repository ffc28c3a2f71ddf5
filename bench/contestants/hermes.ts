import { startChild } from '../../src/tools/bench/child.js';
import { BATCH_COUNT, type Bench, RING_CAPACITY } from '../harness/bench.js';
import { type Contestant, LINK_PACE, RING_PACE } from '../harness/contestant.js';
import { histogramOf, rateOf, runMeasuring } from '../harness/pair.js';
import { leaseRing } from '../harness/ring-lease.js';
import { type Measure, rolesOf, type Workload } from '../harness/workload.js';
import type { RingTask } from '../rings/ring-child.js';

const CHILD = new URL('../rings/ring-child.js', import.meta.url);
const DOORBELL_CHILD = new URL('../rings/doorbell-child.js', import.meta.url);

export interface HermesOptions {
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
      batchCount,
      claims: options.batching === 'claims',
    } as const;
    const children = rolesOf(measure).map((role) =>
      startChild<unknown>(role === 'sender' || options.idle === 'spin' ? CHILD : DOORBELL_CHILD, {
        ...task,
        capacity: RING_CAPACITY,
        role,
      } satisfies RingTask),
    );
    return await runMeasuring<Result>(children, bench.interrupted);
  };
  return {
    name,
    how: `${options.idle === 'spin' ? 'both ends spin' : 'consumers sleep on the doorbell'}; ${options.timestamps ? 'with the time in every message (the default)' : 'timestamps off'}, checksum ${options.checksum ? 'on' : 'off (the default)'}`,
    batching:
      options.batching === 'claims'
        ? `\`tryClaim\` of ${options.batchCount}, written in place`
        : `\`offerBatch\` of ${options.batchCount}`,
    // One who sleeps is woken by the kernel, as the ends of links are.
    pace: options.idle === 'spin' ? RING_PACE : { ...RING_PACE, roundTrips: LINK_PACE.roundTrips },
    throughput: async (workload, sending) =>
      rateOf(name, workload, await run(workload, 'throughput', sending === 'one' ? 1 : options.batchCount)),
    roundTrips: async (workload) => histogramOf(name, workload, await run(workload, 'round-trip', 1)),
  };
}
