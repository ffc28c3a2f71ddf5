import { Backoff } from '../../src/tools/bench/backoff.js';
import { awaitStart } from '../../src/tools/bench/child.js';
import { type End, totalCount, type Workload } from '../runner/bench.js';
import { Receipt, type ReceiptResult, Trips, type TripsResult } from '../runner/measured-end.js';
import { OutgoingPayload, PayloadCopy, PayloadInPlace } from '../runner/payload.js';
import type { BareMapping } from './bare-ring.js';
import type { Ring, RingWriter } from './ring.js';

export interface RingTask extends Workload {
  readonly end: End;
  readonly ring: 'hermes' | BareMapping;
  /** Segments, or files of bare rings: from sender or pinger to the other, and from echo to pinger. */
  readonly there: string;
  readonly back: string;
  readonly directory: string;
  readonly capacity: number;
  /** What the reader does while there is nothing to read. */
  readonly idle: 'spin' | 'doorbell';
  /** Messages that are published together; 1: one call each. */
  readonly batchCount: number;
  /** Many at a time are written in place. */
  readonly claims?: boolean;
}

const POLL_LIMIT = 256;

/** One end of a ring, as a process of its own: sends or receives, pings or echoes. */
export async function ringEnd(task: RingTask): Promise<ReceiptResult | TripsResult | null> {
  const ring = await open(task);
  const ends = { sender: send, receiver: receive, pinger: ping, echo };
  return ends[task.end](task, ring);
}

/** Loads what one ring needs, and not what the other does. */
async function open({ ring, directory, capacity, idle }: RingTask): Promise<Ring> {
  if (ring === 'hermes') return (await import('./ring.js')).hermesRing(directory, idle);
  return (await import('./bare-ring.js')).bareRing(ring, capacity);
}

async function send(task: RingTask, ring: Ring): Promise<null> {
  const writer = ring.writer(task.there);
  await awaitStart();
  if (task.batchCount === 1) sendSingly(task, writer);
  else if (task.claims) sendClaims(task, writer);
  else sendBatches(task, writer);
  return null;
}

function sendSingly(task: RingTask, writer: RingWriter): void {
  const backoff = new Backoff();
  const payload = new OutgoingPayload(task.payloadLength);
  const total = totalCount(task);
  for (let number = 0; number < total; number++) {
    payload.write(number);
    while (!writer.offer(payload.bytes)) backoff.wait();
  }
}

function sendBatches(task: RingTask, writer: RingWriter): void {
  const backoff = new Backoff();
  const payloads = Array.from({ length: task.batchCount }, () => new OutgoingPayload(task.payloadLength));
  const batch = payloads.map(({ bytes }) => bytes);
  const total = totalCount(task);
  for (let number = 0; number < total; number += batch.length) {
    batch.length = Math.min(batch.length, total - number);
    for (let i = 0; i < batch.length; i++) payloads[i]!.write(number + i);
    for (let sent = 0; sent < batch.length; ) {
      const accepted = writer.offerBatch(sent === 0 ? batch : batch.slice(sent));
      if (accepted === 0) backoff.wait();
      sent += accepted;
    }
  }
}

function sendClaims(task: RingTask, writer: RingWriter): void {
  const backoff = new Backoff();
  const { payloadLength, batchCount } = task;
  const payload = new PayloadInPlace();
  const total = totalCount(task);
  for (let number = 0; number < total; ) {
    const count = Math.min(batchCount, total - number);
    let room = writer.claim!(payloadLength, count);
    for (; room === null; room = writer.claim!(payloadLength, count)) backoff.wait();
    const { buffer, stride } = room;
    for (let { offset } = room, end = offset + count * stride; offset < end; offset += stride) {
      payload.write(buffer, offset, payloadLength, number++);
    }
    room.commit();
  }
}

async function receive(task: RingTask, ring: Ring): Promise<ReceiptResult> {
  const backoff = new Backoff();
  const receipt = new Receipt(task);
  const reader = ring.reader(task.there, (buffer, offset, length) => receipt.take(buffer, offset, length));
  await awaitStart();
  while (!receipt.isComplete) {
    if (reader.poll(POLL_LIMIT) > 0) continue;
    if (reader.sleep === undefined) backoff.wait();
    else await reader.sleep();
  }
  return receipt.result();
}

async function ping(task: RingTask, ring: Ring): Promise<TripsResult> {
  const backoff = new Backoff();
  const trips = new Trips(task);
  const writer = ring.writer(task.there);
  const reader = ring.reader(task.back, (buffer, offset, length) => trips.end(buffer, offset, length));
  const payload = new OutgoingPayload(task.payloadLength);
  await awaitStart();
  while (!trips.isComplete) {
    payload.write(trips.number);
    trips.begin();
    while (!writer.offer(payload.bytes)) backoff.wait();
    while (reader.poll(1) === 0) {
      if (reader.sleep === undefined) backoff.wait();
      else await reader.sleep();
    }
  }
  return trips.result();
}

async function echo(task: RingTask, ring: Ring): Promise<null> {
  const backoff = new Backoff();
  const writer = ring.writer(task.back);
  const reply = new PayloadCopy(task.payloadLength);
  const reader = ring.reader(task.there, (buffer, offset) => {
    reply.take(buffer, offset);
    while (!writer.offer(reply.bytes)) backoff.wait();
  });
  await awaitStart();
  const total = totalCount(task);
  for (let echoed = 0; echoed < total; ) {
    const count = reader.poll(1);
    echoed += count;
    if (count > 0) continue;
    if (reader.sleep === undefined) backoff.wait();
    else await reader.sleep();
  }
  return null;
}
