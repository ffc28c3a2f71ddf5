import { attachProducer } from '../../../src/index.js';
import { awaitStart, childTask, finish } from '../../../src/tools/bench/child.js';
import { emptyPayload, writeNumber } from '../../../src/tools/bench/numbered-payload.js';

/** A sender that damages one message, in the middle of its payload. */
export interface SendWrong {
  readonly segment: string;
  readonly directory: string;
  readonly payloadLength: number;
  readonly messageCount: number;
  /** The message, or -1 for none. */
  readonly wrongNumber: number;
}

const { segment, directory, payloadLength, messageCount, wrongNumber } = childTask<SendWrong>();
const producer = attachProducer(segment, { directory });
await awaitStart();
for (let number = 0; number < messageCount; number++) {
  const payload = emptyPayload(payloadLength);
  writeNumber(payload, number);
  if (number === wrongNumber) payload[payloadLength >> 1] = 0;
  while (producer.offer(payload) < 0);
}
finish(null);
