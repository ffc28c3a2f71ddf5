import { createHash } from 'node:crypto';
import { attachProducer } from '../../src/index.js';
import { numberedPayload } from '../support/numbered-payload.js';
import { sleep, yieldToEvents } from '../support/pausing.js';
import { report, runCommand } from '../support/reporting.js';

/** Produces `count` numbered messages of a stream of its own; sleeps when it is back-pressured, and now and then. */
export interface ProduceHashed {
  readonly segment: string;
  readonly directory: string;
  readonly stream: number;
  readonly count: number;
}

/** Reported as `produced`: what went into the lane. */
export interface Produced {
  readonly lane: number;
  readonly count: number;
  readonly sha256: string;
}

const STEP = 200;

runCommand<ProduceHashed>(async ({ segment, directory, stream, count }) => {
  using producer = attachProducer(segment, { directory });
  const hash = createHash('sha256');
  for (let number = 0; number < count; number++) {
    const payload = numberedPayload(stream, number);
    while (producer.offer(payload, 1 + stream) < 0) {
      sleep(1);
      await yieldToEvents();
    }
    hash.update(payload);
    if (number % STEP === 0) await yieldToEvents();
  }
  const produced: Produced = { lane: producer.lane, count, sha256: hash.digest('hex') };
  report('produced', produced);
});
