import { OutgoingPayload } from '../harness/payload.js';
import { Receipt, type ReceiptResult } from '../harness/receipt.js';
import { Trips, type TripsResult } from '../harness/trips.js';
import { type Role, totalCount, type Workload } from '../harness/workload.js';
import type { HandleRecord } from '../rings/ring.js';
import { LENGTH_PREFIX_LENGTH, messagesPerChunk, Unpacker, writePrefixed } from './chunks.js';
import type { Link, LinkKind } from './link.js';

/** What an end does with what arrives, and what it gives in the end. */
export interface LinkEnd {
  onBytes(bytes: Buffer): void;
  /** The link is open; the other end may begin before this one is started, by what this gives. */
  meet(link: Link): () => Promise<unknown>;
}

/** `chunked`: many messages in each send. */
export function linkEnd(role: Role, kind: LinkKind, workload: Workload, chunked: boolean): LinkEnd {
  const framing = { prefixed: kind.isStream || chunked, keepsBytes: kind.keepsBytes };
  if (role === 'receiver') return receiver(workload, framing);
  if (role === 'sender') return sender(workload, framing, chunked);
  return role === 'pinger' ? pinger(workload, framing) : echo(framing);
}

interface Framing {
  /** Each message goes after its length. */
  readonly prefixed: boolean;
  readonly keepsBytes: boolean;
}

function receiver(workload: Workload, framing: Framing): LinkEnd {
  const receipt = new Receipt(workload);
  const { onBytes, finished, finish } = untilFinished<ReceiptResult>(framing, (buffer, offset, length) => {
    receipt.take(buffer, offset, length);
    if (receipt.isComplete) finish(receipt.result());
  });
  return { onBytes, meet: () => () => finished };
}

function sender(workload: Workload, framing: Framing, chunked: boolean): LinkEnd {
  return {
    onBytes() {},
    meet: (link) => async () => {
      await (chunked ? sendChunks(link, workload) : sendSingly(link, workload, framing));
      return untilKilled;
    },
  };
}

async function sendSingly(link: Link, workload: Workload, framing: Framing): Promise<void> {
  const payload = new OutgoingPayload(workload.payloadLength);
  const total = totalCount(workload);
  for (let number = 0; number < total; number++) {
    payload.write(number);
    const room = link.send(frame(payload.bytes, framing));
    if (room !== undefined) await room;
  }
}

async function sendChunks(link: Link, workload: Workload): Promise<void> {
  const { payloadLength } = workload;
  const payload = new OutgoingPayload(payloadLength);
  const total = totalCount(workload);
  const most = messagesPerChunk(payloadLength);
  for (let number = 0; number < total; ) {
    const end = Math.min(number + most, total);
    const chunk = Buffer.allocUnsafeSlow((end - number) * (LENGTH_PREFIX_LENGTH + payloadLength));
    for (let offset = 0; number < end; number++) {
      payload.write(number);
      offset = writePrefixed(chunk, offset, payload.bytes);
    }
    const room = link.send(chunk);
    if (room !== undefined) await room;
  }
}

function pinger(workload: Workload, framing: Framing): LinkEnd {
  const trips = new Trips(workload);
  const payload = new OutgoingPayload(workload.payloadLength);
  let sendNext = () => {};
  const { onBytes, finished, finish } = untilFinished<TripsResult>(framing, (buffer, offset, length) => {
    trips.end(buffer, offset, length);
    if (trips.isComplete) finish(trips.result());
    else sendNext();
  });
  return {
    onBytes,
    meet: (link) => () => {
      sendNext = () => {
        payload.write(trips.number);
        const bytes = frame(payload.bytes, framing);
        trips.begin();
        void link.send(bytes);
      };
      sendNext();
      return finished;
    },
  };
}

function echo(framing: Framing): LinkEnd {
  // The first may come together with the signal to begin.
  const early: Buffer[] = [];
  let reply: Link['send'] = (bytes) => {
    early.push(bytes);
    return undefined;
  };
  const onMessage: HandleRecord = (buffer, offset, length) => {
    void reply(frame(buffer.subarray(offset, offset + length), { ...framing, keepsBytes: true }));
  };
  return {
    onBytes: bytesTo(framing, onMessage),
    meet(link) {
      reply = (bytes) => link.send(bytes);
      for (const bytes of early) void reply(bytes);
      return () => untilKilled;
    },
  };
}

/** What the second end waits for: what it has sent may still be in its queues when there is no more to send. */
const untilKilled: Promise<never> = new Promise(() => {});

/** The bytes of one message as they are sent. */
function frame(payload: Buffer, { prefixed, keepsBytes }: Framing): Buffer {
  if (!prefixed) return keepsBytes ? Buffer.from(payload) : payload;
  const bytes = Buffer.allocUnsafe(LENGTH_PREFIX_LENGTH + payload.length);
  writePrefixed(bytes, 0, payload);
  return bytes;
}

/** Gives each message that arrives to `onMessage`, and a promise that whoever has seen enough keeps. */
function untilFinished<Result>(framing: Framing, onMessage: HandleRecord) {
  let finish = (_: Result) => {};
  const finished = new Promise<Result>((resolve) => {
    finish = resolve;
  });
  return { onBytes: bytesTo(framing, onMessage), finished, finish };
}

function bytesTo(framing: Framing, onMessage: HandleRecord): (bytes: Buffer) => void {
  if (!framing.prefixed) return (bytes) => onMessage(bytes, 0, bytes.length);
  const unpacker = new Unpacker(onMessage);
  return (bytes) => unpacker.take(bytes);
}
