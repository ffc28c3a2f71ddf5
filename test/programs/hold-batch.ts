import { attachConsumer } from '../../src/index.js';
import { report, runCommand } from '../support/reporting.js';

/** Takes a batch of a shared group, and neither acknowledges it nor ends. */
export interface HoldBatch {
  readonly segment: string;
  readonly directory: string;
  readonly limit: number;
}

runCommand<HoldBatch>(async ({ segment, directory, limit }) => {
  const consumer = attachConsumer(segment, { directory });
  const sequences: number[] = [];
  consumer.read((message) => sequences.push(message.sequence), limit);
  report('holding', sequences);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
