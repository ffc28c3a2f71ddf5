import { OutgoingPayload } from '../../../bench/runner/payload.js';
import { attachProducer } from '../../../src/index.js';
import { awaitStart, childTask, finish } from '../../../src/tools/bench/child.js';

/** A sender that damages one byte of one message. */
export interface SendWrong {
  readonly segment: string;
  readonly directory: string;
  readonly payloadLength: number;
  readonly messageCount: number;
  /** The message, or -1 for none. */
  readonly wrongNumber: number;
  readonly wrongByte: number;
}

const { segment, directory, payloadLength, messageCount, wrongNumber, wrongByte } = childTask<SendWrong>();
const producer = attachProducer(segment, { directory });
await awaitStart();
for (let number = 0; number < messageCount; number++) {
  const payload = new OutgoingPayload(payloadLength);
  payload.write(number);
  if (number === wrongNumber) payload.bytes[wrongByte]! ^= 1;
  while (producer.offer(payload.bytes) < 0);
}
finish(null);
