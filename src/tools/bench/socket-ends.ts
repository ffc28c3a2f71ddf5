import net from 'node:net';
import { createLatencyHistogram, type LatencyHistogram } from '../report/latency-histogram.js';
import { awaitStart } from './child.js';
import { emptyPayload, isNumbered, writeNumber } from './numbered-payload.js';
import { ageNs, writeStamp } from './stamped-payload.js';

/** What one end of a Unix domain socket does. */
export interface SocketTask {
  readonly role: 'sender' | 'receiver' | 'pinger' | 'echo';
  readonly path: string;
  readonly payloadLength: number;
  /** Of round trips, the first tenth is not recorded. */
  readonly messageCount: number;
}

/** What an end has found; an echo nothing. */
export interface SocketResult {
  /** When a sender began. */
  readonly startNs?: bigint;
  /** When a receiver had all messages. */
  readonly endNs?: bigint;
  /** The round trips of a pinger. */
  readonly histogram?: ReturnType<LatencyHistogram['snapshot']>;
}

/** Plays one end of a Unix domain socket, as `node:net` does it, with one write a message. */
export async function socketEnd(task: SocketTask): Promise<SocketResult> {
  const ends = { sender: send, receiver: receive, pinger: ping, echo };
  const isServer = task.role === 'receiver' || task.role === 'echo';
  const socket = await (isServer ? accept(task.path) : connectPatiently(task.path));
  await awaitStart();
  return ends[task.role](task, socket);
}

/** The server is ready only when its client is connected. So both ends are connected before either is started. */
async function accept(path: string): Promise<net.Socket> {
  const server = net.createServer().listen(path);
  const socket = await new Promise<net.Socket>((resolve) => server.once('connection', resolve));
  server.close();
  return socket.pause();
}

/** The server may not listen yet. */
async function connectPatiently(path: string): Promise<net.Socket> {
  for (;;) {
    const socket = net.connect(path);
    const isConnected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    if (isConnected) return socket;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function send(task: SocketTask, socket: net.Socket): Promise<SocketResult> {
  const startNs = process.hrtime.bigint();
  for (let number = 0; number < task.messageCount; number++) {
    const payload = emptyPayload(task.payloadLength);
    writeNumber(payload, number);
    if (!socket.write(payload)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  await new Promise<void>((resolve) => socket.end(resolve));
  return { startNs };
}

/** Cuts the stream into messages and calls `onMessage` for each, until that returns false. */
function eachMessage(
  { payloadLength }: SocketTask,
  socket: net.Socket,
  onMessage: (buffer: Buffer, offset: number) => boolean,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let offset = 0;
      for (; offset + payloadLength <= data.length; offset += payloadLength) {
        if (!onMessage(data, offset)) return resolve();
      }
      rest = data.subarray(offset);
    });
    socket.resume();
  });
}

async function receive(task: SocketTask, socket: net.Socket): Promise<SocketResult> {
  let received = 0;
  await eachMessage(task, socket, (buffer, offset) => {
    if (!isNumbered(buffer, offset, task.payloadLength, received)) throw new Error(`message ${received} is damaged`);
    return ++received < task.messageCount;
  });
  return { endNs: process.hrtime.bigint() };
}

async function ping(task: SocketTask, socket: net.Socket): Promise<SocketResult> {
  const histogram = createLatencyHistogram();
  let received = 0;
  const sendNext = () => {
    const payload = emptyPayload(task.payloadLength);
    writeStamp(payload, received, process.hrtime.bigint());
    socket.write(payload);
  };
  sendNext();
  await eachMessage(task, socket, (buffer, offset) => {
    const age = ageNs(buffer, offset);
    if (received++ >= task.messageCount / 10) histogram.recordValue(age);
    if (received === task.messageCount) return false;
    sendNext();
    return true;
  });
  return { histogram: histogram.snapshot() };
}

async function echo(task: SocketTask, socket: net.Socket): Promise<SocketResult> {
  let received = 0;
  await eachMessage(task, socket, (buffer, offset) => {
    socket.write(Buffer.from(buffer.subarray(offset, offset + task.payloadLength)));
    return ++received < task.messageCount;
  });
  return {};
}
