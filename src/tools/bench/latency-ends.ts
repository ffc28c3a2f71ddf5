import {
  attachConsumer,
  attachProducer,
  type Consumer,
  type IdleStrategyName,
  type Message,
  type MessageHandler,
} from '../../index.js';
import { createLatencyHistogram, type LatencyHistogram } from '../report/latency-histogram.js';
import { Backoff } from './backoff.js';
import { awaitStart } from './child.js';
import { emptyPayload } from './numbered-payload.js';
import { ageNs, stampedNumber, writeStamp } from './stamped-payload.js';

/** What both ends have to know about the messages. */
export interface LatencyTraffic {
  readonly payloadLength: number;
  /** Messages to record; a tenth as many come before them, and are not recorded. */
  readonly messageCount: number;
  /** Messages a second. 0, for ping-pong only, means as fast as it goes. */
  readonly rate: number;
  /** What a receiver does while it waits. */
  readonly idle: IdleStrategyName;
}

/** What one process of a latency measurement does. Ping-pong has a `pinger` and an `echo`, one-way a `sender` and a `receiver`. */
export interface LatencyTask extends LatencyTraffic {
  readonly role: 'pinger' | 'echo' | 'sender' | 'receiver';
  /** From the pinger to the echo. */
  readonly requests: string;
  /** From the echo to the pinger, or from the sender to the receiver. */
  readonly replies: string;
  readonly directory: string;
}

/** What a pinger or a receiver has found. */
export interface LatencyResult {
  readonly histogram: ReturnType<LatencyHistogram['snapshot']>;
  /** Messages that did not arrive in their turn. */
  readonly lost: number;
}

/** Plays one end of a latency measurement. An echo and a sender have no result. */
export function latencyEnd(task: LatencyTask): Promise<LatencyResult | null> {
  const ends = { pinger: ping, echo, sender: send, receiver: receiveAll };
  return ends[task.role](task);
}

const backoff = new Backoff();

const warmUpCount = ({ messageCount }: LatencyTask) => Math.ceil(messageCount / 10);
const allMessages = (task: LatencyTask) => warmUpCount(task) + task.messageCount;
const participantOptions = ({ directory, idle }: LatencyTask) => ({ directory, idle });

/**
 * Sends one message at a time and waits for the reply. At a rate, the latency counts from the time when a message was due, even if it
 * could only be sent later.
 */
async function ping(task: LatencyTask): Promise<LatencyResult> {
  using producer = attachProducer(task.requests, participantOptions(task));
  using consumer = attachConsumer(task.replies, participantOptions(task));
  const recorder = new Recorder(warmUpCount(task));
  const payload = emptyPayload(task.payloadLength);
  await awaitStart();
  const count = allMessages(task);
  const startNs = process.hrtime.bigint();
  for (let number = 0; number < count; number++) {
    writeStamp(payload, number, task.rate === 0 ? process.hrtime.bigint() : awaitTurn(startNs, number, task.rate));
    while (producer.offer(payload) < 0) backoff.wait();
    const received = receive(consumer, recorder.record, task.idle);
    if (typeof received !== 'number') await received;
  }
  return recorder.result();
}

async function echo(task: LatencyTask): Promise<null> {
  using consumer = attachConsumer(task.requests, participantOptions(task));
  using producer = attachProducer(task.replies, participantOptions(task));
  const reply = (message: Message) => {
    const claim = producer.tryClaim(message.length);
    if (claim === null) throw new Error('no room for a reply, of which one is under way at a time');
    message.buffer.copy(claim.buffer, claim.offset, message.offset, message.offset + message.length);
    claim.commit();
  };
  await awaitStart();
  for (let left = allMessages(task); left > 0; ) {
    const count = receive(consumer, reply, task.idle);
    left -= typeof count === 'number' ? count : await count;
  }
  return null;
}

/** Sends at a rate. A message that is late, because there was no room or no time, is sent at once. Its stamp is the time when it was due.  */
async function send(task: LatencyTask): Promise<null> {
  using producer = attachProducer(task.replies, participantOptions(task));
  const payload = emptyPayload(task.payloadLength);
  await awaitStart();
  const count = allMessages(task);
  const startNs = process.hrtime.bigint();
  for (let number = 0; number < count; number++) {
    writeStamp(payload, number, awaitTurn(startNs, number, task.rate));
    while (producer.offer(payload) < 0) backoff.wait();
  }
  return null;
}

async function receiveAll(task: LatencyTask): Promise<LatencyResult> {
  using consumer = attachConsumer(task.replies, participantOptions(task));
  const recorder = new Recorder(warmUpCount(task));
  await awaitStart();
  for (let left = allMessages(task); left > 0; ) {
    const count = receive(consumer, recorder.record, task.idle);
    left -= typeof count === 'number' ? count : await count;
  }
  return recorder.result();
}

/** Polls until there is something. While it spins, it never lets the event loop turn: that would be measured, too. */
function receive(consumer: Consumer, handler: MessageHandler, idle: IdleStrategyName): number | Promise<number> {
  if (idle !== 'spin') return receiveAsleep(consumer, handler);
  for (;;) {
    const count = consumer.poll(handler);
    if (count > 0) return count;
    backoff.wait();
  }
}

async function receiveAsleep(consumer: Consumer, handler: MessageHandler): Promise<number> {
  for (;;) {
    await consumer.waitAsync();
    const count = consumer.poll(handler);
    if (count > 0) return count;
  }
}

/** Spins until message `number` is due. Returns when that was, by the monotonic clock. */
function awaitTurn(startNs: bigint, number: number, rate: number): bigint {
  const dueNs = startNs + BigInt(Math.round((number * 1e9) / rate));
  while (process.hrtime.bigint() < dueNs) backoff.wait();
  return dueNs;
}

class Recorder {
  private readonly histogram: LatencyHistogram = createLatencyHistogram();
  private received = 0;
  private lost = 0;

  constructor(private readonly warmUpCount: number) {}

  readonly record = (message: Message): void => {
    const age = ageNs(message.buffer, message.offset);
    if (stampedNumber(message.buffer, message.offset) !== this.received) this.lost++;
    if (this.received >= this.warmUpCount) this.histogram.recordValue(age);
    this.received++;
  };

  result(): LatencyResult {
    return { histogram: this.histogram.snapshot(), lost: this.lost };
  }
}
