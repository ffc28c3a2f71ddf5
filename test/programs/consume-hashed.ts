import { createHash } from 'node:crypto';
import { attachConsumer, type ConsumerOptions, type Message } from '../../src/index.js';
import { sleep, yieldToEvents } from '../support/pausing.js';
import { report, runCommand } from '../support/reporting.js';

/** Consumes until each of the lanes has given `countPerLane` messages. */
export interface ConsumeHashed {
  readonly segment: string;
  readonly options: ConsumerOptions;
  readonly laneCount: number;
  readonly countPerLane: number;
}

/** Reported as `consumed`, an array over the lanes. */
export interface Consumed {
  readonly count: number;
  readonly sha256: string;
  /** The type that all messages of the lane had. */
  readonly type: number;
}

runCommand<ConsumeHashed>(async ({ segment, options, laneCount, countPerLane }) => {
  const lanes = Array.from({ length: laneCount }, () => ({ count: 0, hash: createHash('sha256'), type: 0 }));
  using consumer = attachConsumer(segment, options);
  report('attached');
  const handle = (message: Message) => {
    const lane = lanes[message.lane]!;
    if (message.sequence !== lane.count)
      throw new Error(`lane ${message.lane}: ${message.sequence}, not ${lane.count}`);
    if (lane.count > 0 && message.type !== lane.type) throw new Error(`lane ${message.lane}: type ${message.type}`);
    lane.type = message.type;
    lane.hash.update(message.payload);
    lane.count++;
  };
  while (lanes.some(({ count }) => count < countPerLane)) {
    if (consumer.poll(handle) === 0) sleep(1);
    await yieldToEvents();
  }
  if (consumer.poll(handle) !== 0) throw new Error('more came than was sent');
  const consumed: Consumed[] = lanes.map(({ count, hash, type }) => ({ count, sha256: hash.digest('hex'), type }));
  report('consumed', consumed);
});
