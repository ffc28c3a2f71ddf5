import { inspectSegment } from '../../src/index.js';
import { until } from './until.js';

/** Waits until at least this many consumers and producers of a segment sleep until somebody rings. */
export function untilAsleep(
  directory: string,
  { consumers = 0, producers = 0 }: { readonly consumers?: number; readonly producers?: number },
  name = 'ticks',
): Promise<void> {
  return until(() => {
    const { groups, lanes } = inspectSegment(name, { directory });
    const members = groups.flatMap((group) => group.members);
    const sleepingMembers = members.filter(({ state }) => state === 'asleep').length;
    const sleepingProducers = lanes.filter(({ producer }) => producer?.state === 'asleep').length;
    return sleepingMembers >= consumers && sleepingProducers >= producers;
  });
}
