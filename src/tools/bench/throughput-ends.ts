import { attachConsumer, attachProducer, type Message } from '../../index.js';
import { Backoff } from './backoff.js';
import { awaitStart } from './child.js';
import { emptyPayload, isNumbered, writeNumber } from './numbered-payload.js';

/** What one process of a throughput measurement does. */
export interface ThroughputTask {
  readonly role: 'producer' | 'consumer';
  readonly segment: string;
  readonly directory: string;
  /** Each consumer has a group of its own. */
  readonly group: string;
  readonly payloadLength: number;
  /** What a producer sends, or what a consumer expects from all producers together. */
  readonly messageCount: number;
  readonly batchCount: number;
  /** True if there are more processes than cores: a process that waits must then let others run. */
  readonly maySleep: boolean;
}

/** What a consumer has found. A producer has only the times. They are nanoseconds of the monotonic clock. */
export interface ThroughputResult {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly lost: number;
  readonly duplicated: number;
  readonly corrupted: number;
}

/** Plays one end of a throughput measurement. */
export function throughputEnd(task: ThroughputTask): Promise<ThroughputResult> {
  return task.role === 'producer' ? produce(task) : consume(task);
}

async function produce(task: ThroughputTask): Promise<ThroughputResult> {
  const producer = attachProducer(task.segment, { directory: task.directory });
  const backoff = new Backoff(task.maySleep);
  const batch = Array.from({ length: task.batchCount }, () => emptyPayload(task.payloadLength));
  await awaitStart();
  const startNs = process.hrtime.bigint();
  if (task.batchCount === 1) {
    const payload = emptyPayload(task.payloadLength);
    for (let number = 0; number < task.messageCount; number++) {
      writeNumber(payload, number);
      while (producer.offer(payload) < 0) backoff.wait();
      backoff.reset();
    }
  } else {
    for (let number = 0; number < task.messageCount; number += batch.length) {
      batch.length = Math.min(task.batchCount, task.messageCount - number);
      for (let i = 0; i < batch.length; i++) writeNumber(batch[i]!, number + i);
      for (let sent = 0; sent < batch.length; ) {
        const accepted = producer.offerBatch(sent === 0 ? batch : batch.slice(sent));
        if (accepted === 0) backoff.wait();
        else backoff.reset();
        sent += accepted;
      }
    }
  }
  producer.detach();
  return { startNs, endNs: process.hrtime.bigint(), lost: 0, duplicated: 0, corrupted: 0 };
}

async function consume(task: ThroughputTask): Promise<ThroughputResult> {
  const { directory, group } = task;
  const consumer = attachConsumer(task.segment, { directory, group });
  const backoff = new Backoff(task.maySleep);
  const next = new Array<number>(256).fill(0);
  let [received, lost, duplicated, corrupted] = [0, 0, 0, 0];
  const verify = (message: Message) => {
    const { lane, sequence } = message;
    const expected = next[lane]!;
    if (sequence > expected) lost += sequence - expected;
    if (sequence < expected) duplicated++;
    if (message.length !== task.payloadLength || !isNumbered(message.buffer, message.offset, message.length, sequence))
      corrupted++;
    next[lane] = sequence + 1;
    received++;
  };
  await awaitStart();
  let startNs = 0n;
  while (received < task.messageCount) {
    if (consumer.poll(verify) > 0) {
      if (startNs === 0n) startNs = process.hrtime.bigint();
      backoff.reset();
    } else {
      backoff.wait();
    }
  }
  const endNs = process.hrtime.bigint();
  consumer.detach();
  return { startNs, endNs, lost, duplicated, corrupted };
}
