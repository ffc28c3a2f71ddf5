import { Backoff } from '../../src/tools/bench/backoff.js';
import { awaitStart, childTask, finish } from '../../src/tools/bench/child.js';
import { OutgoingPayload, PayloadCopy, PayloadInPlace } from '../harness/payload.js';
import { Receipt, type ReceiptResult } from '../harness/receipt.js';
import { Trips, type TripsResult } from '../harness/trips.js';
import { type Role, totalCount, type Workload } from '../harness/workload.js';
import type { BareMapping } from './bare-mapping.js';
import type { Ring, RingWriter } from './ring.js';

export interface RingTask extends Workload {
  readonly role: Role;
  readonly ring: 'hermes' | BareMapping;
  /** Segments, or files of bare rings: from sender or pinger to the other, and from echo to pinger. */
  readonly there: string;
  readonly back: string;
  readonly directory: string;
  readonly capacity: number;
  /** Messages that are published together; 1: one call each. */
  readonly batchCount: number;
  /** Many at a time are written in place. */
  readonly claims?: boolean;
}

const POLL_LIMIT = 256;
const task = childTask<RingTask>();
const ring = await open(task);
const backoff = new Backoff();

/** Loads what one ring needs, and not what the other does: a process starts for every measurement. */
async function open({ ring, directory, capacity }: RingTask): Promise<Ring> {
  if (ring === 'hermes') return (await import('./hermes-ring.js')).hermesRing(directory);
  return (await import('./bare-ring.js')).bareRing(ring, capacity);
}

async function send(): Promise<null> {
  const writer = ring.writer(task.there);
  await awaitStart();
  if (task.batchCount === 1) sendSingly(writer);
  else if (task.claims) sendClaims(writer);
  else sendBatches(writer);
  return null;
}

function sendSingly(writer: RingWriter): void {
  const payload = new OutgoingPayload(task.payloadLength);
  const total = totalCount(task);
  for (let number = 0; number < total; number++) {
    payload.write(number);
    while (!writer.offer(payload.bytes)) backoff.wait();
  }
}

function sendBatches(writer: RingWriter): void {
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

function sendClaims(writer: RingWriter): void {
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

async function receive(): Promise<ReceiptResult> {
  const receipt = new Receipt(task);
  const poll = ring.reader(task.there, (buffer, offset, length) => receipt.take(buffer, offset, length));
  await awaitStart();
  while (!receipt.isComplete) if (poll(POLL_LIMIT) === 0) backoff.wait();
  return receipt.result();
}

async function ping(): Promise<TripsResult> {
  const trips = new Trips(task);
  const writer = ring.writer(task.there);
  const poll = ring.reader(task.back, (buffer, offset, length) => trips.end(buffer, offset, length));
  const payload = new OutgoingPayload(task.payloadLength);
  await awaitStart();
  while (!trips.isComplete) {
    payload.write(trips.number);
    trips.begin();
    while (!writer.offer(payload.bytes)) backoff.wait();
    while (poll(1) === 0) backoff.wait();
  }
  return trips.result();
}

async function echo(): Promise<null> {
  const writer = ring.writer(task.back);
  const reply = new PayloadCopy(task.payloadLength);
  const poll = ring.reader(task.there, (buffer, offset) => {
    reply.take(buffer, offset);
    while (!writer.offer(reply.bytes)) backoff.wait();
  });
  await awaitStart();
  const total = totalCount(task);
  for (let echoed = 0; echoed < total; ) {
    const count = poll(1);
    if (count === 0) backoff.wait();
    echoed += count;
  }
  return null;
}

const roles = { sender: send, receiver: receive, pinger: ping, echo };
finish(await roles[task.role]());
