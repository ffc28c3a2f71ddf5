import { parentPort, workerData } from 'node:worker_threads';
import { attachConsumer, attachProducer } from '../../src/index.js';
import { sleep } from '../support/pausing.js';

/** A Worker that takes the only lane and the only member slot, and never gives them back. */
export interface Occupant {
  readonly segment: string;
  readonly directory: string;
  /** What it does when it is terminated: a loop that offers and polls, a sleep, or a loop that attaches and detaches. */
  readonly activity: 'running' | 'sleeping' | 'attaching';
}

const { segment, directory, activity } = workerData as Occupant;
const payload = Buffer.alloc(100);

function occupy(isOver: () => boolean): void {
  using producer = attachProducer(segment, { directory });
  using consumer = attachConsumer(segment, { directory });
  parentPort!.postMessage('attached');
  do {
    producer.offer(payload);
    consumer.poll(() => {});
    if (activity === 'sleeping') sleep(60_000);
  } while (!isOver());
}

for (;;) occupy(() => activity === 'attaching');
