import { startChild } from '../../src/tools/bench/child.js';
import type { Bench } from '../harness/bench.js';
import { type Contestant, LINK_PACE } from '../harness/contestant.js';
import { histogramOf, rateOf, runMeasuring } from '../harness/pair.js';
import { type Measure, rolesOf, type Workload } from '../harness/workload.js';
import type { LinkTask } from '../links/link-child.js';
import { LINK_KINDS, type LinkName } from '../links/link-kinds.js';

const CHILD = new URL('../links/link-child.js', import.meta.url);

/** Where the two ends meet; closed after the measurement. */
export interface Venue {
  readonly address: string;
  close(): void;
}

export interface LinkDescription {
  readonly name: string;
  readonly how: string;
  readonly link: LinkName;
  venue(): Promise<Venue>;
}

/** A contestant that goes through the event loop of both ends. */
export function linkContestant(bench: Bench, { name, how, link, venue }: LinkDescription): Contestant {
  const run = async <Result>(workload: Workload, measure: Measure, chunked: boolean): Promise<Result> => {
    const { address, close } = await venue();
    try {
      const [first, second] = rolesOf(measure);
      const start = (role: typeof first) =>
        startChild<unknown>(CHILD, { ...workload, role, link, address, chunked } satisfies LinkTask);
      const children = LINK_KINDS[link].startsSecond ? [start(first)] : [start(first), start(second)];
      return await runMeasuring<Result>(children, bench.interrupted);
    } finally {
      close();
    }
  };
  return {
    name,
    how,
    batching: 'chunks of 64 KiB, each message after its length',
    pace: LINK_PACE,
    throughput: async (workload, sending) =>
      rateOf(name, workload, await run(workload, 'throughput', sending === 'batch')),
    roundTrips: async (workload) => histogramOf(name, workload, await run(workload, 'round-trip', false)),
  };
}
