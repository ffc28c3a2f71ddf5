import { setImmediate as nextTurn } from 'node:timers/promises';
import { attachConsumer, type Consumer, inspectSegment, type Message } from '../index.js';
import { type Command, type CommonArguments, UsageError } from './command.js';
import { untilInterrupted } from './interruption.js';
import { json, say, writeData } from './output.js';
import { attachWithin, WAIT_OPTION } from './wait-option.js';

interface LatencyArguments extends CommonArguments {
  readonly segment: string;
  readonly count?: number | undefined;
  readonly seconds?: number | undefined;
  readonly wait?: string | undefined;
  readonly json: boolean;
}

/** It sleeps as soon as there is nothing, so as to disturb what it measures the least. */
const IDLE = 'doorbell';

export const latencyCommand: Command<LatencyArguments> = {
  command: 'latency <segment>',
  describe: 'Measure how old the messages of live traffic are when they arrive, without holding it back',
  builder: (yargs) =>
    yargs
      .positional('segment', { type: 'string', demandOption: true, describe: 'Its name' })
      .options({
        count: { type: 'number', requiresArg: true, describe: 'End after so many messages' },
        seconds: { type: 'number', requiresArg: true, describe: 'End after so many seconds' },
        wait: WAIT_OPTION,
        json: { type: 'boolean', default: false, describe: 'One object' },
      })
      .example('$0 latency ticks --seconds 10', 'a histogram of ten seconds of traffic'),
  async handler(argv, interrupted) {
    const { segment, directory, count = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY } = argv;
    if (!(count > 0) || (count !== Number.POSITIVE_INFINITY && !Number.isInteger(count)))
      throw new UsageError(`count is ${argv.count}: give a whole number of messages above 0`);
    if (!(seconds > 0)) throw new UsageError(`seconds is ${argv.seconds}: give a number above 0`);
    // Before it attaches: what comes while it loads would be overwritten.
    const { createLatencyHistogram } = await import('./report/latency-histogram.js');
    using observer = await attachWithin(argv.wait, () => observe(segment, directory), interrupted);
    if (observer === undefined) return;
    const histogram = createLatencyHistogram();
    let payloadLength = 0;
    const record = (message: Message) => {
      histogram.recordValue(Math.max(0, Number(observer.timeNs() - message.timestamp)));
      payloadLength = Math.max(payloadLength, message.length);
    };
    if (process.stderr.isTTY) say('Observing; Ctrl-C ends.');
    const endMs = performance.now() + seconds * 1000;
    while (histogram.totalCount < count && performance.now() < endMs && !interrupted.aborted) {
      if (observer.poll(record, Math.min(256, count - histogram.totalCount)) > 0) {
        await nextTurn(); // signals get theirs
        continue;
      }
      const timeout = Math.max(0, endMs - performance.now());
      await untilInterrupted(observer.waitAsync({ timeout, signal: interrupted }), interrupted);
    }
    const context = { mode: 'observed', payloadBytes: payloadLength, idle: IDLE, lost: observer.lost };
    if (argv.json) {
      const { summarize } = await import('./report/latency-summary.js');
      await writeData(json(summarize(histogram, context)));
    } else {
      const { latencyText } = await import('./report/latency-text.js');
      await writeData(latencyText(histogram, context));
    }
  },
};

/** @throws UsageError where there is nothing to measure by */
function observe(segment: string, directory: string | undefined): Consumer {
  if (!inspectSegment(segment, { directory }).timestamps) {
    throw new UsageError(`the segment ${segment} carries no timestamps: create it without --no-timestamps`);
  }
  return attachConsumer(segment, { group: `latency-${process.pid}`, mode: 'lossy', idle: IDLE, directory });
}
