import { attachConsumer, type Message } from '../../src/index.js';
import { HandledLog } from '../processes/handled-log.js';
import { attachWhenFree } from '../support/attaching.js';
import { carriesNumber } from '../support/numbered-payload.js';
import { sleep, yieldToEvents } from '../support/pausing.js';
import { Random } from '../support/random.js';
import { report, runCommand } from '../support/reporting.js';

/** Consumes the group `default` until it is killed, and logs what it handles before the handler returns. */
export interface ConsumeNumbered {
  readonly segment: string;
  readonly directory: string;
  readonly generation: number;
  readonly logFile: string;
  /** Of each poll. */
  readonly limit: number;
}

runCommand<ConsumeNumbered>(async ({ segment, directory, generation, logFile, limit }) => {
  const log = new HandledLog(logFile, generation);
  const random = new Random(generation);
  const consumer = attachWhenFree(() => attachConsumer(segment, { directory }), 'ERR_HERMES_NO_FREE_MEMBER');
  report('attached');
  // Sleeps now and then before it logs and after, so that it is killed there as well.
  const handle = (message: Message) => {
    if (random.fraction() < 0.004) sleep(random.fraction());
    const { lane, sequence } = message;
    log.append(lane, sequence, carriesNumber(message, lane, sequence));
    if (random.fraction() < 0.004) sleep(random.fraction());
  };
  for (;;) {
    if (consumer.poll(handle, limit) === 0) sleep(0.2);
    await yieldToEvents();
  }
});
