import { attachProducer } from '../../src/index.js';
import { numberedPayload } from '../support/numbered-payload.js';
import { sleep, yieldToEvents } from '../support/pausing.js';
import { report, runCommand } from '../support/reporting.js';

/** Produces `count` numbered messages of a stream of its own, which their type tells; sleeps when it is back-pressured, and now and then. */
export interface ProduceStream {
  readonly segment: string;
  readonly directory: string;
  readonly stream: number;
  readonly count: number;
}

/** Reported as `produced`: what went into the lane. */
export interface Produced {
  readonly lane: number;
  readonly count: number;
}

const STEP = 200;

runCommand<ProduceStream>(async ({ segment, directory, stream, count }) => {
  using producer = attachProducer(segment, { directory });
  for (let number = 0; number < count; number++) {
    const payload = numberedPayload(stream, number);
    while (producer.offer(payload, 1 + stream) < 0) {
      sleep(1);
      await yieldToEvents();
    }
    if (number % STEP === 0) await yieldToEvents();
  }
  const produced: Produced = { lane: producer.lane, count };
  report('produced', produced);
});
