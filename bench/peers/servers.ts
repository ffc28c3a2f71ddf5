import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Venue } from '../contestants/links.js';

const READY_TIMEOUT_MS = 10_000;
const RETRY_MS = 5;

export function isOnPath(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** A server of our own on a Unix socket, without persistence and without a limit for slow subscribers. */
export async function startRedis(socketPath: string): Promise<Venue> {
  const options = ['--port', '0', '--unixsocket', socketPath, '--save', '', '--appendonly', 'no'];
  const limits = ['--client-output-buffer-limit', 'pubsub 0 0 0'];
  const server = spawn('redis-server', [...options, ...limits], { stdio: 'ignore' });
  await untilListening(server, { path: socketPath });
  return { address: socketPath, close: () => stop(server) };
}

/** A server of our own on a port of the loopback interface. */
export async function startNats(): Promise<Venue> {
  const port = await freePort();
  const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' });
  await untilListening(server, { host: '127.0.0.1', port });
  return { address: `127.0.0.1:${port}`, close: () => stop(server) };
}

/** A port that nobody listens at. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(server: ChildProcess, place: net.NetConnectOpts): Promise<void> {
  server.on('error', () => {}); // seen below: it never has an exit code
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (server.exitCode === null && server.pid !== undefined && performance.now() < deadline) {
    const socket = net.connect(place);
    const isListening = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isListening) return;
    await setTimeout(RETRY_MS);
  }
  await stop(server);
  throw new Error('the server did not start');
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
}
