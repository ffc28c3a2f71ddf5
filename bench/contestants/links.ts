import type { Venue } from '../links/link.js';
import { LINK_KINDS, type LinkName, type LinkTask } from '../links/link-ends.js';
import { type Bench, endsOf, type Measure, type Workload } from '../runner/bench.js';
import { histogramOf, rateOf, runMeasuring } from '../runner/measuring.js';
import { startRole } from '../runner/role.js';
import { type Contestant, LINK_PACE } from './contestant.js';

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
      const [first, second] = endsOf(measure);
      const start = (end: typeof first) =>
        startRole<unknown>('link', { ...workload, end, link, address, chunked } satisfies LinkTask);
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
