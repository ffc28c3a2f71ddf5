import { createRequire } from 'node:module';

// The peers' packages are installed by the bench command alone, in bench/node_modules, and may be missing there. So they
// are loaded when they are used, and only what is used of them has a type.
const requirePeer: NodeJS.Require = createRequire(new URL('../../../bench/package.json', import.meta.url));

export interface MmapIo {
  readonly PROT_READ: number;
  readonly PROT_WRITE: number;
  readonly MAP_SHARED: number;
  map(length: number, protection: number, flags: number, fd: number, offset: number): Buffer;
}

export interface ShmTypedArray {
  createPosix(name: string, count: number, type: 'Int32Array'): Int32Array | null;
  getPosix(name: string, type: 'Int32Array'): Int32Array | null;
  destroy(name: string): boolean;
}

export interface ZeroMqSocket extends AsyncIterable<[Buffer]> {
  bind(address: string): Promise<void>;
  connect(address: string): void;
  send(message: Buffer): Promise<void>;
  close(): void;
}

export interface ZeroMq {
  readonly Pair: new (options: { sendHighWaterMark: number; receiveHighWaterMark: number }) => ZeroMqSocket;
}

export interface RedisClient {
  connect(): Promise<unknown>;
  publish(channel: string, message: Buffer): Promise<number>;
  subscribe(channel: string, onMessage: (message: Buffer) => void, asBuffers: true): Promise<void>;
  on(event: 'error', onError: (error: Error) => void): unknown;
  destroy(): void;
}

export interface Redis {
  createClient(options: { socket: { path: string } }): RedisClient;
}

export interface NatsConnection {
  publish(subject: string, payload: Uint8Array): void;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: { data: Uint8Array }) => void },
  ): unknown;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface Nats {
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
