import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runChildren, startChild } from '../bench/child.js';
import { LatencyHistogram } from '../report/latency-histogram.js';
import type { SocketResult, SocketTask } from './socket-child.js';

const CHILD = new URL('./socket-child.js', import.meta.url);

/** What two processes do with a Unix domain socket between them. */
interface SocketMeasurement {
  readonly messagesPerSecond: number;
  readonly corrupted: number;
  readonly roundTrips: LatencyHistogram;
}

/** Throughput with one write a message, then round trips. */
export async function measureSocket(
  payloadLength: number,
  messageCount: number,
  roundTripCount: number,
  interrupted: AbortSignal,
): Promise<SocketMeasurement> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hermes-demo-'));
  try {
    const task = (role: SocketTask['role'], count: number): SocketTask => ({
      role,
      path: path.join(directory, role === 'sender' || role === 'receiver' ? 'throughput' : 'ping-pong'),
      payloadLength,
      messageCount: count,
      warmUpCount: Math.ceil(count / 10),
    });
    const start = (role: SocketTask['role'], count: number) => startChild<SocketResult>(CHILD, task(role, count));
    const [sent, received] = await runChildren(
      [start('sender', messageCount), start('receiver', messageCount)],
      interrupted,
    );
    const [pinged] = await runChildren([start('pinger', roundTripCount), start('echo', roundTripCount)], interrupted);
    return {
      messagesPerSecond: messageCount / (Number(received!.endNs - sent!.startNs) / 1e9),
      corrupted: received!.corrupted,
      roundTrips: LatencyHistogram.restore(pinged!.histogram),
    };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}
