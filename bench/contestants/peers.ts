import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import net from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Venue } from '../links/link.js';

// The peers' packages are installed by the bench command alone, in bench/node_modules, and may be missing there. So they
// are loaded when they are used, and only what is used of them has a type.
const requirePeer: NodeJS.Require = createRequire(new URL('../../../bench/package.json', import.meta.url));

interface MmapIo {
  readonly PROT_READ: number;
  readonly PROT_WRITE: number;
  readonly MAP_SHARED: number;
  map(length: number, protection: number, flags: number, fd: number, offset: number): Buffer;
}

interface ShmTypedArray {
  createPosix(name: string, count: number, type: 'Int32Array'): Int32Array | null;
  getPosix(name: string, type: 'Int32Array'): Int32Array | null;
  destroy(name: string): boolean;
}

interface ZeroMqSocket extends AsyncIterable<[Buffer]> {
  bind(address: string): Promise<void>;
  connect(address: string): void;
  send(message: Buffer): Promise<void>;
  close(): void;
}

interface ZeroMq {
  readonly Pair: new (options: { sendHighWaterMark: number; receiveHighWaterMark: number }) => ZeroMqSocket;
}

interface RedisClient {
  connect(): Promise<unknown>;
  publish(channel: string, message: Buffer): Promise<number>;
  subscribe(channel: string, onMessage: (message: Buffer) => void, asBuffers: true): Promise<void>;
  on(event: 'error', onError: (error: Error) => void): unknown;
  destroy(): void;
}

export interface Redis {
  createClient(options: { socket: { path: string } }): RedisClient;
}

interface NatsConnection {
  publish(subject: string, payload: Uint8Array): void;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: { data: Uint8Array }) => void },
  ): unknown;
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface Nats {
  connect(options: { servers: string }): Promise<NatsConnection>;
}

export function mmapIoPeer(): MmapIo {
  return requirePeer('mmap-io') as MmapIo;
}

export function shmTypedArrayPeer(): ShmTypedArray {
  const before = process.listeners('exit');
  const shm = requirePeer('shm-typed-array') as ShmTypedArray;
  // It writes to stdout when the process ends, and stdout is for the report.
  for (const listener of process.listeners('exit')) if (!before.includes(listener)) process.off('exit', listener);
  return shm;
}

export function zeroMqPeer(): ZeroMq {
  return requirePeer('zeromq') as ZeroMq;
}

export function redisPeer(): Redis {
  return requirePeer('@redis/client') as Redis;
}

export function natsPeer(): Nats {
  return requirePeer('nats') as Nats;
}

const READY_TIMEOUT_MS = 10_000;
const RETRY_MS = 5;

export function isOnPath(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

interface Server {
  readonly address: string;
  readonly process: ChildProcess;
}

/** A server that is started when it is used first, and stands still between measurements, so that it disturbs no others. */
export class KeptServer {
  private server: Promise<Server> | undefined;

  constructor(private readonly start: () => Promise<Server>) {}

  async venue(): Promise<Venue> {
    this.server ??= this.start();
    const { address, process } = await this.server;
    process.kill('SIGCONT');
    return { address, close: () => process.kill('SIGSTOP') };
  }

  async end(): Promise<void> {
    const server = await this.server?.catch(() => undefined);
    if (server !== undefined) await end(server.process);
  }
}

/** A server of our own on a Unix socket, without persistence and without a limit for slow subscribers. */
export async function startRedis(socketPath: string): Promise<Server> {
  const options = ['--port', '0', '--unixsocket', socketPath, '--save', '', '--appendonly', 'no'];
  const limits = ['--client-output-buffer-limit', 'pubsub 0 0 0'];
  const server = spawnServer('redis-server', [...options, ...limits]);
  await untilListening(server, { path: socketPath });
  return { address: socketPath, process: server };
}

/** A server of our own on a port of the loopback interface. */
export async function startNats(): Promise<Server> {
  const port = await freePort();
  const server = spawnServer('nats-server', ['-a', '127.0.0.1', '-p', `${port}`]);
  await untilListening(server, { host: '127.0.0.1', port });
  return { address: `127.0.0.1:${port}`, process: server };
}

/** One that does not outlive us even if we are killed, where `setpriv` is to be had. */
function spawnServer(program: string, args: readonly string[]): ChildProcess {
  const guard = isOnPath('setpriv') ? ['setpriv', '--pdeathsig', 'KILL'] : [];
  const [command, ...rest] = [...guard, program, ...args];
  return spawn(command!, rest, { stdio: 'ignore' });
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
  server.on('error', () => {}); // seen below: it never has a process id
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
  await end(server);
  throw new Error('the server did not start');
}

async function end(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
}
