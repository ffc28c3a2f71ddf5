import fs from 'node:fs';
import { attachConsumer, attachProducer, type Message } from '../../src/index.js';
import { chosenMapper } from '../../src/os/chosen-mapper.js';
import { awaitStart, childTask, finish } from '../../src/tools/bench/child.js';
import { emptyPayload, isNumbered, writeNumber } from '../../src/tools/bench/numbered-payload.js';
import { createLatencyHistogram, latencyAtPercentile } from '../../src/tools/report/latency-histogram.js';
import { BareConsumer, BareProducer, bareRingLength } from './bare-ring.js';

export interface BareTask {
  readonly ring: 'hermes' | 'bare';
  readonly role: 'producer' | 'consumer' | 'pinger' | 'echo';
  /** Segments, or files for bare rings: from producer to consumer and from pinger to echo, and back. */
  readonly there: string;
  readonly back: string;
  readonly directory: string;
  readonly capacity: number;
  readonly payloadLength: number;
  readonly messageCount: number;
  readonly batchCount: number;
}

export interface BareResult {
  /** Throughput: of producer (start) and consumer (end), monotonic, nanoseconds. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Ping-pong: median round trip, nanoseconds. */
  readonly medianNs: number;
  readonly corrupted: number;
}

/** The part of a producer that both rings have: 0 or less means that there was no room. */
interface Writer {
  offer(payload: Uint8Array): boolean;
  offerBatch(payloads: readonly Uint8Array[]): number;
}

type Handle = (buffer: Buffer, offset: number, length: number) => void;
type Poll = (limit: number) => number;

const POLL_LIMIT = 256;
const task = childTask<BareTask>();

function writer(name: string): Writer {
  if (task.ring === 'hermes') {
    const producer = attachProducer(name, { directory: task.directory });
    return {
      offer: (payload) => producer.offer(payload) >= 0,
      offerBatch: (payloads) => producer.offerBatch(payloads),
    };
  }
  const buffer = mapBare(name);
  return new BareProducer(new Int32Array(buffer), new Uint8Array(buffer), task.capacity);
}

/** A way to poll a ring. Handlers are made once: a closure for each poll would be measured with it. */
function reader(name: string, handle: Handle): Poll {
  if (task.ring === 'hermes') {
    const consumer = attachConsumer(name, { directory: task.directory });
    const onMessage = (message: Message) => handle(message.buffer, message.offset, message.length);
    return (limit) => consumer.poll(onMessage, limit);
  }
  const buffer = mapBare(name);
  const consumer = new BareConsumer(new Int32Array(buffer), Buffer.from(buffer), task.capacity);
  const onRecord = (bytes: Uint8Array, offset: number, length: number) => handle(bytes as Buffer, offset, length);
  return (limit) => consumer.poll(onRecord, limit);
}

function mapBare(file: string): ArrayBufferLike {
  const fd = fs.openSync(file, 'r+');
  const { buffer } = chosenMapper().map(fd, bareRingLength(task.capacity), 'read-write');
  fs.closeSync(fd);
  return buffer;
}

async function produce(): Promise<Partial<BareResult>> {
  const ring = writer(task.there);
  const batch = Array.from({ length: task.batchCount }, () => emptyPayload(task.payloadLength));
  const payload = batch[0]!;
  await awaitStart();
  const startNs = process.hrtime.bigint();
  if (task.batchCount === 1) {
    for (let number = 0; number < task.messageCount; number++) {
      writeNumber(payload, number);
      while (!ring.offer(payload));
    }
  } else {
    for (let number = 0; number < task.messageCount; number += batch.length) {
      for (let i = 0; i < batch.length; i++) writeNumber(batch[i]!, number + i);
      for (let sent = 0; sent < batch.length; ) sent += ring.offerBatch(sent === 0 ? batch : batch.slice(sent));
    }
  }
  return { startNs };
}

async function consume(): Promise<Partial<BareResult>> {
  let received = 0;
  let corrupted = 0;
  const poll = reader(task.there, (buffer, offset, length) => {
    if (!isNumbered(buffer, offset, length, received)) corrupted++;
    received++;
  });
  await awaitStart();
  while (received < task.messageCount) poll(POLL_LIMIT);
  return { endNs: process.hrtime.bigint(), corrupted };
}

async function ping(): Promise<Partial<BareResult>> {
  const histogram = createLatencyHistogram();
  const ring = writer(task.there);
  const poll = reader(task.back, () => {});
  const payload = emptyPayload(task.payloadLength);
  await awaitStart();
  for (let number = 0; number < task.messageCount; number++) {
    const startNs = process.hrtime.bigint();
    while (!ring.offer(payload));
    while (poll(1) === 0);
    if (number > task.messageCount / 10) histogram.recordValue(Number(process.hrtime.bigint() - startNs));
  }
  return { medianNs: latencyAtPercentile(histogram, 50) };
}

async function echo(): Promise<Partial<BareResult>> {
  const ring = writer(task.back);
  const payload = emptyPayload(task.payloadLength);
  const poll = reader(task.there, () => {
    while (!ring.offer(payload));
  });
  await awaitStart();
  for (let echoed = 0; echoed < task.messageCount; ) echoed += poll(1);
  return {};
}

const roles = { producer: produce, consumer: consume, pinger: ping, echo };
finish({ startNs: 0n, endNs: 0n, medianNs: 0, corrupted: 0, ...(await roles[task.role]()) });
