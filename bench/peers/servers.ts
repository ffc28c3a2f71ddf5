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
