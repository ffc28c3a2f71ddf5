import { attachConsumer, attachProducer, type Message } from '../../src/index.js';
import { awaitStart, childTask, finish } from '../../src/tools/bench/child.js';
import { OutgoingPayload, PayloadCopy } from '../harness/payload.js';
import { Receipt, type ReceiptResult } from '../harness/receipt.js';
import { Trips, type TripsResult } from '../harness/trips.js';
import { totalCount } from '../harness/workload.js';
import type { RingTask } from './ring-child.js';

// The ends of Hermes that sleep on the doorbell while there is nothing to read, on the event loop as any program would.

const task = childTask<RingTask>();
const { directory } = task;

async function receive(): Promise<ReceiptResult> {
  const receipt = new Receipt(task);
  const consumer = attachConsumer(task.there, { directory, idle: 'doorbell' });
  const take = ({ buffer, offset, length }: Message) => receipt.take(buffer, offset, length);
  await awaitStart();
  while (!receipt.isComplete) if (consumer.poll(take) === 0) await consumer.waitAsync();
  return receipt.result();
}

async function ping(): Promise<TripsResult> {
  const trips = new Trips(task);
  const producer = attachProducer(task.there, { directory });
  const consumer = attachConsumer(task.back, { directory, idle: 'doorbell' });
  const payload = new OutgoingPayload(task.payloadLength);
  const end = ({ buffer, offset, length }: Message) => trips.end(buffer, offset, length);
  await awaitStart();
  while (!trips.isComplete) {
    payload.write(trips.number);
    trips.begin();
    producer.offer(payload.bytes); // one is under way at a time: there is room
    while (consumer.poll(end, 1) === 0) await consumer.waitAsync();
  }
  return trips.result();
}

async function echo(): Promise<null> {
  const producer = attachProducer(task.back, { directory });
  const consumer = attachConsumer(task.there, { directory, idle: 'doorbell' });
  const reply = new PayloadCopy(task.payloadLength);
  const answer = ({ buffer, offset }: Message) => {
    reply.take(buffer, offset);
    producer.offer(reply.bytes);
  };
  await awaitStart();
  for (let echoed = 0; echoed < totalCount(task); ) {
    const count = consumer.poll(answer, 1);
    if (count === 0) await consumer.waitAsync();
    echoed += count;
  }
  return null;
}

if (task.role === 'sender') throw new Error('the sender of a sleeping receiver is that of ring-child');
const roles = { receiver: receive, pinger: ping, echo };
finish(await roles[task.role]());
