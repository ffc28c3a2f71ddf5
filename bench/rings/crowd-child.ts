import { attachConsumer, attachProducer, type Message } from '../../src/index.js';
import { Backoff } from '../../src/tools/bench/backoff.js';
import { awaitStart, childTask, finish } from '../../src/tools/bench/child.js';
import { OutgoingPayload, PayloadVerifier } from '../harness/payload.js';

/** One of many on a segment: several producers, groups, or members of a group. */
export interface CrowdTask {
  readonly role: 'producer' | 'consumer';
  readonly segment: string;
  readonly directory: string;
  readonly group: string;
  /** The group is a work queue: nobody knows how many messages come to each. */
  readonly shared: boolean;
  readonly payloadLength: number;
  /** Of each producer. */
  readonly messageCount: number;
  readonly producerCount: number;
  /** Of a consumer. */
  readonly warmUpCount: number;
  /** More processes than cores: whoever waits makes room. */
  readonly maySleep: boolean;
}

/** Of a consumer; a producer's is zeros. */
export interface CrowdResult {
  readonly received: number;
  readonly faults: number;
  /** Of the first message after the warm-up and of the last: the monotonic clock, nanoseconds. */
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/** Polls in vain between two looks whether there is anything to wait for, each of which makes system calls. */
const IDLE_POLLS_PER_LOOK = 1000;

const task = childTask<CrowdTask>();
const backoff = new Backoff(task.maySleep);
const { directory, segment, group } = task;

async function produce(): Promise<CrowdResult> {
  const producer = attachProducer(segment, { directory });
  const payload = new OutgoingPayload(task.payloadLength);
  await awaitStart();
  for (let number = 0; number < task.messageCount; number++) {
    payload.write(number);
    while (producer.offer(payload.bytes) < 0) backoff.wait();
    backoff.reset();
  }
  producer.detach(); // so that the queue is known to be drained
  return { received: 0, faults: 0, startNs: 0n, endNs: 0n };
}

async function consume(): Promise<CrowdResult> {
  const consumer = attachConsumer(segment, { directory, group });
  const expected = task.messageCount * task.producerCount;
  const verifier = new PayloadVerifier();
  const next = new Array<number>(256).fill(0);
  let [received, faults, startNs, endNs] = [0, 0, 0n, 0n];
  const take = (message: Message) => {
    const { lane, sequence } = message;
    if (!task.shared && sequence !== next[lane]) faults++;
    if (!verifier.isSound(message.buffer, message.offset, message.length, sequence)) faults++;
    next[lane] = sequence + 1;
    if (received === task.warmUpCount) startNs = process.hrtime.bigint();
    received++;
  };
  await awaitStart();
  for (let idlePolls = 0; task.shared || received < expected; ) {
    if (consumer.poll(take) > 0) {
      backoff.reset();
      idlePolls = 0;
      if (task.shared) endNs = process.hrtime.bigint();
    } else {
      backoff.wait();
      if (task.shared && ++idlePolls % IDLE_POLLS_PER_LOOK === 0 && consumer.isDrained()) break;
    }
  }
  if (!task.shared) endNs = process.hrtime.bigint();
  return { received, faults, startNs, endNs };
}

finish(await (task.role === 'producer' ? produce() : consume()));
