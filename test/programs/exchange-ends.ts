import { attachConsumer, attachProducer, type Message } from '../../src/index.js';
import { type HeapReport, watchHeap } from '../processes/heap-watch.js';
import { sleep } from '../support/pausing.js';
import { report, runCommand } from '../support/reporting.js';

/** One end of a lane, the other end of which is in another process. Neither yields to the event loop meanwhile. */
export interface ExchangeEnds {
  readonly segment: string;
  readonly directory: string;
  readonly role: 'producer' | 'consumer';
  readonly warmUpMessages: number;
  /** Of each run. */
  readonly messages: number;
  readonly runs: number;
  /** What the end does when there is no room, or nothing to read: 0 to try again at once. */
  readonly pauseMs: number;
}

const PAYLOAD_LENGTH = 64;
const TRIES_PER_LOOK = 65_536;

const payload: Buffer = Buffer.alloc(PAYLOAD_LENGTH, 'payload');
const parent = process.ppid;
let tries = 0;
let handled = 0;
let sum = 0;

runCommand<ExchangeEnds>(async (command) => {
  const exchange = command.role === 'producer' ? producing(command) : consuming(command);
  report('attached');
  await watchHeap(() => exchange(command.warmUpMessages));
  const runs: HeapReport[] = [];
  for (let run = 0; run < command.runs; run++) runs.push(await watchHeap(() => exchange(command.messages)));
  report('measured', runs);
});

function producing({ segment, directory, pauseMs }: ExchangeEnds): (count: number) => void {
  const producer = attachProducer(segment, { directory });
  return (count) => {
    for (let i = 0; i < count; i++) {
      while (producer.offer(payload) < 0) pause(pauseMs);
    }
  };
}

function consuming({ segment, directory, pauseMs }: ExchangeEnds): (count: number) => void {
  const consumer = attachConsumer(segment, { directory });
  return (count) => {
    const end = handled + count;
    while (handled < end) {
      if (consumer.poll(handle, Math.min(256, end - handled)) === 0) pause(pauseMs);
    }
    if (sum === 0) throw new Error('nothing was read');
  };
}

function handle(message: Message): void {
  if (message.sequence !== handled) throw new Error(`${message.sequence} came instead of ${handled}`);
  handled++;
  sum = (sum + message.buffer[message.offset + message.length - 1]!) | 0;
}

/** An orphan ends here: it does not hear of the test's end otherwise. */
function pause(ms: number): void {
  if (ms > 0) sleep(ms);
  if (++tries % TRIES_PER_LOOK === 0 && process.ppid !== parent) process.exit(1);
}
