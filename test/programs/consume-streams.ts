import { attachConsumer, type ConsumerOptions, type Message } from '../../src/index.js';
import { carriesNumber } from '../support/numbered-payload.js';
import { sleep, yieldToEvents } from '../support/pausing.js';
import { report, runCommand } from '../support/reporting.js';

/** Consumes until each of the lanes has given `countPerLane` messages. */
export interface ConsumeStreams {
  readonly segment: string;
  readonly options: ConsumerOptions;
  readonly laneCount: number;
  readonly countPerLane: number;
}

/** Reported as `consumed`, an array over the lanes. */
export interface Consumed {
  readonly count: number;
  /** All messages of the lane were of this stream, in order, and each of their bytes was right. */
  readonly stream: number;
}

runCommand<ConsumeStreams>(async ({ segment, options, laneCount, countPerLane }) => {
  const lanes = Array.from({ length: laneCount }, () => ({ count: 0, stream: -1 }));
  using consumer = attachConsumer(segment, options);
  report('attached');
  const handle = (message: Message) => {
    const lane = lanes[message.lane]!;
    if (message.sequence !== lane.count)
      throw new Error(`lane ${message.lane}: ${message.sequence}, not ${lane.count}`);
    if (lane.count === 0) lane.stream = message.type - 1;
    if (message.type !== 1 + lane.stream) throw new Error(`lane ${message.lane}: type ${message.type}`);
    if (!carriesNumber(message, lane.stream, lane.count))
      throw new Error(`lane ${message.lane}: ${message.sequence} has another payload`);
    lane.count++;
  };
  while (lanes.some(({ count }) => count < countPerLane)) {
    if (consumer.poll(handle) === 0) sleep(1);
    await yieldToEvents();
  }
  if (consumer.poll(handle) !== 0) throw new Error('more came than was sent');
  report('consumed', lanes satisfies Consumed[]);
});
