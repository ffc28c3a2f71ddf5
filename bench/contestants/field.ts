import { spawnSync } from 'node:child_process';
import type { Venue } from '../links/link.js';
import type { Bench } from '../runner/bench.js';
import {
  type Absence,
  BARE,
  CLAIMS,
  type Contestant,
  DOORBELL,
  HERMES,
  MESSAGE_PORT,
  NATIVE,
  NATS,
  REDIS,
  UNIX_SOCKET,
  ZEROMQ,
} from './contestant.js';
import { type LinkDescription, linkContestant } from './links.js';
import { compileNative, type Native, native } from './native.js';
import {
  isOnPath,
  KeptServer,
  mmapIoPeer,
  natsPeer,
  redisPeer,
  shmTypedArrayPeer,
  startNats,
  startRedis,
  zeroMqPeer,
} from './peers.js';
import { bare, hermes, PLAIN } from './rings.js';

/** Every contestant that can run on this machine. */
export interface Field {
  readonly hermes: Contestant;
  /** Hermes again, where many are sent at a time: written in place. */
  readonly claims: Contestant;
  readonly native: Native | undefined;
  /** All, Hermes and the native limit first. */
  readonly contestants: readonly Contestant[];
  /** The same and the claims, for where many are sent at a time. */
  readonly batching: readonly Contestant[];
  readonly absences: readonly Absence[];
  /** What the native program was compiled with. */
  readonly compiler: string | undefined;
  /** Ends the servers that take part. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Finds out which contestants are installed. */
export function findField(bench: Bench): Field {
  const absences: Absence[] = [];
  const plain = hermes(bench, HERMES, PLAIN);
  const compilation = compileNative(bench.scratch.fresh('ring'));
  if ('reason' in compilation) absences.push({ name: NATIVE, reason: compilation.reason });
  const limit = 'executable' in compilation ? native(bench, compilation.executable) : undefined;

  const rings: Contestant[] = [bare(bench, 'koffi')];
  for (const [mapping, load] of [
    ['shm-typed-array', shmTypedArrayPeer],
    ['mmap-io', mmapIoPeer],
  ] as const) {
    const reason = whyNot(load);
    if (reason === undefined) rings.push(bare(bench, mapping));
    else absences.push({ name: `${BARE}, ${mapping}`, reason });
  }
  const links: Contestant[] = [];
  const redis = new KeptServer(() => startRedis(bench.scratch.fresh('redis')));
  const nats = new KeptServer(startNats);
  for (const { whyAbsent, ...description } of linkDescriptions(bench, redis, nats)) {
    const reason = whyAbsent?.();
    if (reason === undefined) links.push(linkContestant(bench, description));
    else absences.push({ name: description.name, reason });
  }
  const sleeping = hermes(bench, DOORBELL, { ...PLAIN, idle: 'doorbell' });
  const others = [...(limit ? [limit] : []), sleeping, ...rings, ...links];
  const compiler = 'compiler' in compilation ? compilation.compiler : undefined;
  const claims = hermes(bench, CLAIMS, { ...PLAIN, batching: 'claims' });
  return {
    hermes: plain,
    claims,
    native: limit,
    contestants: [plain, ...others],
    batching: [plain, claims, ...others],
    absences,
    compiler,
    async [Symbol.asyncDispose]() {
      await Promise.all([redis.end(), nats.end()]);
    },
  };
}

/** Why a package cannot be used, or undefined. */
function whyNot(load: () => unknown): string | undefined {
  try {
    load();
    return undefined;
  } catch (error) {
    const [message] = (error as Error).message.split('\n');
    return /^Cannot find module '[^./]/.test(message!)
      ? 'its package is not installed'
      : `its package does not load: ${message}`;
  }
}

interface Candidate extends LinkDescription {
  whyAbsent?(): string | undefined;
}

function linkDescriptions(bench: Bench, redis: KeptServer, nats: KeptServer): Candidate[] {
  const nobody = () => {};
  const path = async (): Promise<Venue> => ({ address: bench.scratch.fresh('link'), close: nobody });
  const fifos = async (): Promise<Venue> => {
    const address = bench.scratch.fresh('fifo');
    const { status } = spawnSync('mkfifo', [`${address}.there`, `${address}.back`]);
    if (status !== 0) throw new Error('mkfifo cannot make a FIFO');
    return { address, close: nobody };
  };
  const serverOr = (program: string, load: () => unknown) => () =>
    isOnPath(program) ? whyNot(load) : `no ${program} on the PATH`;
  return [
    { name: UNIX_SOCKET, link: 'unix', venue: path, how: '`node:net`, a write a message, length-prefixed' },
    {
      name: 'TCP over loopback',
      link: 'tcp',
      venue: path,
      how: '`node:net`, a write a message, length-prefixed, `setNoDelay`',
    },
    { name: 'FIFO', link: 'fifo', venue: fifos, how: '`mkfifo` and `net.Socket`, a write a message, length-prefixed' },
    { name: MESSAGE_PORT, link: 'message-port', venue: path, how: '`worker_threads`: between threads of one process' },
    {
      name: 'child_process, json',
      link: 'child-process-json',
      venue: path,
      how: '`process.send` with the payload as base64',
    },
    {
      name: 'child_process, advanced',
      link: 'child-process-advanced',
      venue: path,
      how: '`process.send` with a Buffer',
    },
    {
      name: ZEROMQ,
      link: 'zeromq',
      venue: path,
      whyAbsent: () => whyNot(zeroMqPeer),
      how: '`Pair` sockets over `ipc://`',
    },
    {
      name: REDIS,
      link: 'redis',
      venue: () => redis.venue(),
      whyAbsent: serverOr('redis-server', redisPeer),
      how: 'publish and subscribe through a server of its own on a Unix socket, pipelined by the client',
    },
    {
      name: NATS,
      link: 'nats',
      venue: () => nats.venue(),
      whyAbsent: serverOr('nats-server', natsPeer),
      how: 'publish and subscribe through a server of its own on loopback, flushed by the client',
    },
  ];
}
