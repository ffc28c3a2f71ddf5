import { attachConsumer, attachProducer, type Message } from '../../src/index.js';
import { Backoff } from '../../src/tools/bench/backoff.js';
import { awaitStart, childTask, finish } from '../../src/tools/bench/child.js';
import { createLatencyHistogram } from '../../src/tools/report/latency-histogram.js';
import { nsSince } from '../harness/clock.js';
import type { HistogramResult } from '../harness/pair.js';
import { totalCount, type Workload } from '../harness/workload.js';

/** One end of a stream of messages that are due at fixed times, which each carries. The sender spins until one is due. */
export interface RateTask extends Workload {
  readonly role: 'receiver' | 'sender';
  readonly segment: string;
  readonly directory: string;
  readonly perSecond: number;
  /** What the receiver does while there is nothing to read. */
  readonly idle: 'spin' | 'doorbell';
  /** What the times count from: of the monotonic clock, as decimal digits. */
  readonly origin: string;
}

const DUE_OFFSET = 0;
const NUMBER_OFFSET = 8;

const task = childTask<RateTask>();
const origin = BigInt(task.origin);
const backoff = new Backoff();
const { directory } = task;

/** Nanoseconds between the warm-up, which is sent at once, and the first message that is due at its time. */
const PAUSE_NS = 5_000_000;

/** A message that is late, because there was no room or no time, is sent at once, with the time that it was due at. */
async function send(): Promise<null> {
  const producer = attachProducer(task.segment, { directory });
  const payload = Buffer.from(new ArrayBuffer(task.payloadLength));
  const view = new DataView(payload.buffer);
  const intervalNs = 1e9 / task.perSecond;
  const total = totalCount(task);
  await awaitStart();
  let startNs = nsSince(origin);
  for (let number = 0; number < total; number++) {
    if (number === task.warmUpCount) startNs = nsSince(origin) + PAUSE_NS;
    const dueNs = startNs + Math.max(number - task.warmUpCount, 0) * intervalNs;
    while (nsSince(origin) < dueNs) backoff.wait();
    view.setFloat64(DUE_OFFSET, dueNs, true);
    view.setInt32(NUMBER_OFFSET, number, true);
    while (producer.offer(payload) < 0) backoff.wait();
  }
  return null;
}

async function receive(): Promise<HistogramResult> {
  const consumer = attachConsumer(task.segment, { directory, idle: task.idle });
  const [warmUp, histogram] = [createLatencyHistogram(), createLatencyHistogram()];
  const total = totalCount(task);
  let [received, faults] = [0, 0];
  let view: DataView = new DataView(new ArrayBuffer(0));
  const take = ({ buffer, offset, length }: Message) => {
    if (view.byteLength === 0) view = new DataView(buffer.buffer);
    const latencyNs = nsSince(origin) - view.getFloat64(offset + DUE_OFFSET, true);
    if (length !== task.payloadLength || view.getInt32(offset + NUMBER_OFFSET, true) !== received) faults++;
    (received < task.warmUpCount ? warmUp : histogram).recordValue(Math.max(Math.round(latencyNs), 0));
    received++;
  };
  await awaitStart();
  while (received < total) {
    if (consumer.poll(take) > 0) continue;
    if (task.idle === 'spin') backoff.wait();
    else await consumer.waitAsync();
  }
  return { histogram: histogram.snapshot(), received, faults };
}

finish(await (task.role === 'sender' ? send() : receive()));
