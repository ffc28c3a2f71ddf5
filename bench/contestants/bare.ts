import { startChild } from '../../src/tools/bench/child.js';
import { BATCH_COUNT, type Bench, RING_CAPACITY } from '../harness/bench.js';
import { type Contestant, RING_PACE } from '../harness/contestant.js';
import { histogramOf, rateOf, runMeasuring } from '../harness/pair.js';
import { type Measure, rolesOf, type Workload } from '../harness/workload.js';
import { type BareMapping, createBareMemory } from '../rings/bare-mapping.js';
import { bareRingLength } from '../rings/bare-ring.js';
import type { RingTask } from '../rings/ring-child.js';
import { BARE } from './names.js';

const CHILD = new URL('../rings/ring-child.js', import.meta.url);

/** The ring that one would write by hand, over memory that a package shares between processes. */
export function bare(bench: Bench, mapping: BareMapping): Contestant {
  const name = mapping === 'koffi' ? BARE : `${BARE}, ${mapping}`;
  const run = async <Result>(workload: Workload, measure: Measure, batchCount: number): Promise<Result> => {
    const [there, back] = [bench.scratch.fresh('ring'), bench.scratch.fresh('ring')];
    const removals = [there, back].map((file) => createBareMemory(mapping, file, bareRingLength(RING_CAPACITY)));
    try {
      const task = { ...workload, ring: mapping, there, back, directory: bench.scratch.directory, batchCount };
      const children = rolesOf(measure).map((role) =>
        startChild<unknown>(CHILD, { ...task, capacity: RING_CAPACITY, role } satisfies RingTask),
      );
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
