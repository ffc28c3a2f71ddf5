import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  attachConsumer,
  type Consumer,
  type ConsumerOptions,
  type IdleStrategyName,
  inspectSegment,
  type Message,
} from '../index.js';
import { type Command, defineCommand, SEGMENT, UsageError, untilInterrupted } from './command.js';
import { CPU_OPTION } from './cpu-option.js';
import { LATENCY_OUTPUT_OPTIONS, LatencyOutput } from './latency-output.js';
import { say } from './output.js';
import { attachWithin, WAIT_OPTION } from './wait-option.js';

export const latencyCommand: Command = defineCommand({
  command: 'latency <segment>',
  describe: 'Measure how old the messages of live traffic are when they arrive, without holding it back',
  places: SEGMENT,
  options: {
    count: { type: 'number', describe: 'End after so many messages' },
    seconds: { type: 'number', describe: 'End after so many seconds' },
    wait: WAIT_OPTION,
    cpu: CPU_OPTION,
    idle: {
      choices: ['spin', 'balanced', 'doorbell'],
      // It sleeps as soon as there is nothing to read. So it disturbs least what it measures.
      default: 'doorbell',
      describe:
        'What it does while it waits. spin: takes a core; doorbell: sleeps; balanced: spins for a moment, then sleeps',
    },
    ...LATENCY_OUTPUT_OPTIONS,
  },
  examples: {
    '$0 latency ticks --seconds 10': 'a histogram of ten seconds of traffic',
    '$0 latency ticks --idle spin --svg ticks.svg': 'without the time that a sleeper takes to wake up',
  },
  async handler(argv, interrupted) {
    const { segment, directory, count = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY } = argv;
    if (!(count > 0) || (count !== Number.POSITIVE_INFINITY && !Number.isInteger(count)))
      throw new UsageError(`--count is ${argv.count}: give a whole number of messages above 0`);
    if (!(seconds > 0)) throw new UsageError(`--seconds is ${argv.seconds}: give a number of seconds above 0`);
    using output = new LatencyOutput(argv);
    // Loaded before it attaches: messages that came meanwhile might be overwritten.
    const { createLatencyHistogram } = await import('./report/latency-histogram.js');
    const attach = () => observe(segment, argv.idle, { directory, cpu: argv.cpu });
    using observer = await attachWithin(argv.wait, attach, interrupted);
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
        await nextTurn(); // lets signals be handled
        continue;
      }
      const timeout = Math.max(0, endMs - performance.now());
      await untilInterrupted(observer.waitAsync({ timeout, signal: interrupted }), interrupted);
    }
    const context = { mode: 'observed', payloadBytes: payloadLength, idle: argv.idle, lost: observer.lost };
    const details = [`payloads to ${payloadLength} B`, `segment ${segment}`, argv.idle];
    await output.present(histogram, context, { title: 'Hermes: how old messages are when they arrive', details });
  },
});

/** @throws UsageError if the messages carry no timestamps */
function observe(
  segment: string,
  idle: IdleStrategyName,
  { directory, cpu }: Pick<ConsumerOptions, 'directory' | 'cpu'>,
): Consumer {
  if (!inspectSegment(segment, { directory }).timestamps) {
    throw new UsageError(`the segment ${segment} carries no timestamps: create it without --no-timestamps`);
  }
  return attachConsumer(segment, { group: `latency-${process.pid}`, mode: 'lossy', idle, directory, cpu });
}
