import { attachConsumer, attachProducer, type Message, type Producer } from '../../src/index.js';
import { type HeapReport, watchHeap, watchSteadyHeap } from '../processes/heap-watch.js';
import { report, runCommand } from '../support/reporting.js';

/** Both ends of one lane in one process: some messages are written, then they are read. */
export interface AlternateEnds {
  readonly segment: string;
  readonly directory: string;
  readonly way: Way;
  readonly warmUpMessages: number;
  readonly messages: number;
}

/** How the messages are written. */
export type Way = 'offer' | 'offerBatch' | 'tryClaim';

const AT_ONCE = 100;
const PAYLOAD_LENGTH = 64;

const payload: Buffer = Buffer.alloc(PAYLOAD_LENGTH, 'payload');
const batch: Buffer[] = Array.from({ length: AT_ONCE }, () => payload);

let handled = 0;
let sum = 0;
function handle(message: Message): void {
  if (message.sequence !== handled) throw new Error(`${message.sequence} came instead of ${handled}`);
  handled++;
  sum = (sum + message.buffer[message.offset + message.length - 1]!) | 0;
}

const writers: Record<Way, (producer: Producer) => void> = {
  offer(producer) {
    for (let i = 0; i < AT_ONCE; i++) {
      if (producer.offer(payload) < 0) throw new Error('no room');
    }
  },
  offerBatch(producer) {
    if (producer.offerBatch(batch) !== AT_ONCE) throw new Error('no room');
  },
  tryClaim(producer) {
    for (let i = 0; i < AT_ONCE; i++) {
      const claim = producer.tryClaim(PAYLOAD_LENGTH);
      if (claim === null) throw new Error('no room');
      claim.buffer.set(payload, claim.offset);
      if (claim.commit() < 0) throw new Error('no position');
    }
  },
};

runCommand<AlternateEnds>(async ({ segment, directory, way, warmUpMessages, messages }) => {
  using producer = attachProducer(segment, { directory });
  using consumer = attachConsumer(segment, { directory });
  const write = writers[way];
  const exchange = (count: number) => {
    for (let i = 0; i < count; i += AT_ONCE) {
      write(producer);
      if (consumer.poll(handle) !== AT_ONCE) throw new Error('not all came');
    }
  };
  await watchHeap(() => exchange(warmUpMessages));
  const heap: HeapReport = await watchSteadyHeap(() => exchange(messages));
  if (sum === 0) throw new Error('nothing was read');
  report('measured', heap);
});
