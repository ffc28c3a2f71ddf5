import net from 'node:net';
import { awaitStart, childTask, finish } from '../bench/child.js';
import { emptyPayload, isNumbered, writeNumber } from '../bench/numbered-payload.js';
import { ageNs, writeStamp } from '../bench/stamped-payload.js';
import { createLatencyHistogram, type LatencyHistogram } from '../report/latency-histogram.js';

/** One end of a Unix domain socket that carries the messages of the demo, as node:net does it: a write a message. */
export interface SocketTask {
  readonly role: 'sender' | 'receiver' | 'pinger' | 'echo';
  readonly path: string;
  readonly payloadLength: number;
  readonly messageCount: number;
  readonly warmUpCount: number;
}

/** Of a receiver (times) and of a pinger (histogram). */
export interface SocketResult {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly corrupted: number;
  readonly histogram: ReturnType<LatencyHistogram['snapshot']>;
}

const task = childTask<SocketTask>();
const isServer = task.role === 'receiver' || task.role === 'echo';
const result: SocketResult = { startNs: 0n, endNs: 0n, corrupted: 0, histogram: createLatencyHistogram().snapshot() };
const roles = { sender: send, receiver: receive, pinger: ping, echo };
finish(await roles[task.role](await connection()));

/** The server waits for its client before it is ready, and the client is started when the server listens: both are ready when connected. */
async function connection(): Promise<net.Socket> {
  if (!isServer) {
    const socket = await connectPatiently();
    await awaitStart();
    return socket;
  }
  const server = net.createServer().listen(task.path);
  const socket = await new Promise<net.Socket>((resolve) => server.once('connection', resolve));
  server.close();
  socket.pause();
  await awaitStart();
  return socket;
}

async function connectPatiently(): Promise<net.Socket> {
  for (;;) {
    const socket = net.connect(task.path);
    const isConnected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    if (isConnected) return socket;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function send(socket: net.Socket): Promise<SocketResult> {
  const startNs = process.hrtime.bigint();
  for (let number = 0; number < task.messageCount; number++) {
    const payload = emptyPayload(task.payloadLength);
    writeNumber(payload, number);
    if (!socket.write(payload)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  await new Promise<void>((resolve) => socket.end(resolve));
  return { ...result, startNs };
}

/** Cuts the stream into messages and calls `onMessage` for each. Ends when the other end does, or after all messages. */
function eachMessage(socket: net.Socket, onMessage: (buffer: Buffer, offset: number) => boolean): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let offset = 0;
      for (; offset + task.payloadLength <= data.length; offset += task.payloadLength) {
        if (!onMessage(data, offset)) return resolve();
      }
      rest = data.subarray(offset);
    });
    socket.resume();
  });
}

async function receive(socket: net.Socket): Promise<SocketResult> {
  let received = 0;
  let corrupted = 0;
  await eachMessage(socket, (buffer, offset) => {
    if (!isNumbered(buffer, offset, task.payloadLength, received)) corrupted++;
    return ++received < task.messageCount;
  });
  return { ...result, endNs: process.hrtime.bigint(), corrupted };
}

async function ping(socket: net.Socket): Promise<SocketResult> {
  const histogram = createLatencyHistogram();
  let received = 0;
  const sendNext = () => {
    const payload = emptyPayload(task.payloadLength);
    writeStamp(payload, received, process.hrtime.bigint());
    socket.write(payload);
  };
  sendNext();
  await eachMessage(socket, (buffer, offset) => {
    const age = ageNs(buffer, offset);
    if (received++ >= task.warmUpCount) histogram.recordValue(age);
    if (received === task.messageCount) return false;
    sendNext();
    return true;
  });
  return { ...result, histogram: histogram.snapshot() };
}

async function echo(socket: net.Socket): Promise<SocketResult> {
  let received = 0;
  await eachMessage(socket, (buffer, offset) => {
    socket.write(Buffer.from(buffer.subarray(offset, offset + task.payloadLength)));
    return ++received < task.messageCount;
  });
  return result;
}
