import { awaitStart } from '../../src/tools/bench/child.js';
import type { HandleRecord } from '../rings/ring.js';
import { type End, totalCount, type Workload } from '../runner/bench.js';
import { Receipt, type ReceiptResult, Trips, type TripsResult } from '../runner/measured-end.js';
import { OutgoingPayload } from '../runner/payload.js';
import { type Assignment, pinThisThread } from '../runner/role.js';
import { natsLink, redisLink, zeroMqLink } from './broker-links.js';
import { childProcessLink, messagePortLink } from './hosted-links.js';
import { LENGTH_PREFIX_LENGTH, type Link, type LinkKind, messagesPerChunk, Unpacker, writePrefixed } from './link.js';
import { fifoLink, tcpLink, unixSocketLink } from './socket-links.js';

export type LinkName =
  | 'unix'
  | 'tcp'
  | 'fifo'
  | 'child-process-json'
  | 'child-process-advanced'
  | 'message-port'
  | 'zeromq'
  | 'redis'
  | 'nats';

export const LINK_KINDS: Readonly<Record<LinkName, LinkKind>> = {
  unix: unixSocketLink,
  tcp: tcpLink,
  fifo: fifoLink,
  'child-process-json': childProcessLink('json'),
  'child-process-advanced': childProcessLink('advanced'),
  'message-port': messagePortLink,
  zeromq: zeroMqLink,
  redis: redisLink,
  nats: natsLink,
};

/** One end of a link: a process of its own, or, where the first end starts the second, its child or its worker thread. */
export interface LinkTask extends Workload {
  readonly end: End;
  readonly link: LinkName;
  readonly address: string;
  readonly chunked: boolean;
}

const SECOND_CORE = 1;

/** Plays an end: connects, waits for the start unless the first end starts this one, and gives what it found. */
export async function linkEnd(task: LinkTask): Promise<unknown> {
  const side = task.end === 'receiver' || task.end === 'pinger' ? 'first' : 'second';
  const kind = LINK_KINDS[task.link];
  const isStarted = kind.startsSecond && side === 'second';
  if (isStarted) pinThisThread(SECOND_CORE);

  const { address, chunked } = task;
  const { onBytes, meet } = behaviour(task.end, kind, task, chunked);
  const secondTask: LinkTask = { ...task, end: task.end === 'receiver' ? 'sender' : 'echo' };
  const second = JSON.stringify({ role: 'link', task: secondTask } satisfies Assignment);
  const link = await kind.open({ side, address, chunked, second, onBytes });
  const run = meet(link);
  if (!isStarted) await awaitStart();
  link.begin?.();
  return run();
}

/** What an end does with what arrives, and what it gives in the end. */
interface Behaviour {
  onBytes(bytes: Buffer): void;
  /** The link is open; the other end may begin before this one is started, by what this gives. */
  meet(link: Link): () => Promise<unknown>;
}

/** `chunked`: many messages in each send. */
function behaviour(end: End, kind: LinkKind, workload: Workload, chunked: boolean): Behaviour {
  const framing = { prefixed: kind.isStream || chunked, keepsBytes: kind.keepsBytes };
  if (end === 'receiver') return receiver(workload, framing);
  if (end === 'sender') return sender(workload, framing, chunked);
  return end === 'pinger' ? pinger(workload, framing) : echo(framing);
}

interface Framing {
  /** Each message goes after its length. */
  readonly prefixed: boolean;
  readonly keepsBytes: boolean;
}

function receiver(workload: Workload, framing: Framing): Behaviour {
  const receipt = new Receipt(workload);
  const { onBytes, finished, finish } = untilFinished<ReceiptResult>(framing, (buffer, offset, length) => {
    receipt.take(buffer, offset, length);
    if (receipt.isComplete) finish(receipt.result());
  });
  return { onBytes, meet: () => () => finished };
}

function sender(workload: Workload, framing: Framing, chunked: boolean): Behaviour {
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

function pinger(workload: Workload, framing: Framing): Behaviour {
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

function echo(framing: Framing): Behaviour {
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

/** What the second end waits for: when it has sent everything, some of it may still be in its queues. */
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
