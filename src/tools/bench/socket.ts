import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LatencyHistogram } from '../report/latency-histogram.js';
import { runChildren } from './child.js';
import { startRole } from './role.js';
import type { SocketResult, SocketTask } from './socket-ends.js';

/** What two processes do with a Unix domain socket between them. */
interface SocketMeasurement {
  readonly messagesPerSecond: number;
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
    });
    const start = (role: SocketTask['role'], count: number) => startRole<SocketResult>('socket', task(role, count));
    const [sent, received] = await runChildren(
      [start('sender', messageCount), start('receiver', messageCount)],
      interrupted,
    );
    const [pinged] = await runChildren([start('pinger', roundTripCount), start('echo', roundTripCount)], interrupted);
    return {
      messagesPerSecond: messageCount / (Number(received!.endNs! - sent!.startNs!) / 1e9),
      roundTrips: LatencyHistogram.restore(pinged!.histogram!),
    };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}
