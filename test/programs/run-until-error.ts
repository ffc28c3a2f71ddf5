import { attachConsumer, attachProducer } from '../../src/index.js';
import { sleep, yieldToEvents } from '../support/pausing.js';
import { report, runCommand } from '../support/reporting.js';

/** Produces or consumes until an error ends it, which is what the test waits for. */
export interface RunUntilError {
  readonly segment: string;
  readonly directory: string;
  readonly role: 'producer' | 'consumer';
}

const BATCH = 20;

runCommand<RunUntilError>(async ({ segment, directory, role }) => {
  const step = role === 'producer' ? producing(segment, directory) : consuming(segment, directory);
  report('attached');
  for (;;) {
    if (!step()) sleep(1);
    await yieldToEvents();
  }
});

function producing(segment: string, directory: string): () => boolean {
  const producer = attachProducer(segment, { directory });
  const batch = Array.from({ length: BATCH }, () => Buffer.alloc(100));
  return () => producer.offerBatch(batch) === BATCH;
}

function consuming(segment: string, directory: string): () => boolean {
  const consumer = attachConsumer(segment, { directory });
  return () => consumer.poll(() => {}) > 0;
}
