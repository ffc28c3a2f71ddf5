import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Child } from '../../src/tools/bench/child.js';
import { BATCH_COUNT, type Bench, endsOf, RING_CAPACITY, type Workload } from '../runner/bench.js';
import { histogramOf, rateOf, runMeasuring } from '../runner/measuring.js';
import { type Contestant, NATIVE, RING_PACE } from './contestant.js';

const SOURCE: string = fileURLToPath(new URL('../../../bench/native/ring.cpp', import.meta.url));
const COMPILERS = ['g++', 'clang++'];

/** What compiling gave: the executable, or the reason why there is none. */
type Compilation = { readonly executable: string; readonly compiler: string } | { readonly reason: string };

/** Compiles the native program into `executable` with the first compiler that is here. */
export function compileNative(executable: string): Compilation {
  for (const compiler of COMPILERS) {
    const { status, error, stderr } = spawnSync(compiler, ['-O3', '-std=c++17', '-o', executable, SOURCE], {
      encoding: 'utf8',
    });
    if (error !== undefined) continue;
    if (status !== 0) return { reason: `${compiler} fails: ${stderr.split('\n')[0]}` };
    const [version] = spawnSync(compiler, ['--version'], { encoding: 'utf8' }).stdout.split('\n');
    return { executable, compiler: version ?? compiler };
  }
  return { reason: `no compiler: neither ${COMPILERS.join(' nor ')} is installed` };
}

/** Starts the native program as a measuring process: it writes `ready`, starts on a line, and ends with a line of JSON. */
function startNative(executable: string, args: readonly string[]): Child<unknown> {
  const child = spawn(executable, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = once(child, 'error').then(([error]) => {
    throw error;
  });
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the native program ended early (${child.signalCode ?? `exit code ${child.exitCode}`})`);
    return value;
  };
  const ready = Promise.race([next(), failed]);
  const result = ready.then(() => Promise.race([next(), failed])).then((line) => JSON.parse(line) as unknown);
  for (const promise of [failed, ready, result]) promise.catch(() => {}); // whoever awaits them learns
  child.stdin.on('error', () => {}); // it was killed: the result says so
  return {
    pid: child.pid,
    ready,
    result,
    start: () => child.stdin.write('\n'),
    kill: () => child.kill('SIGKILL'),
  };
}

/** Bytes before the data: one page, for the words of both ends. */
const HEADER_LENGTH = 4096;

/** The native limit, and what the machine's memory gives to one thread. */
export interface Native extends Contestant {
  /** Bytes a second that one thread copies into the mapped file, payload by payload. */
  copyBandwidth(workload: Workload): Promise<number>;
  /** The same, with `batchCount` messages published together. */
  batches(workload: Workload, batchCount: number): Promise<number>;
}

/** `executable` is what `compileNative` has made. */
export function native(bench: Bench, executable: string): Native {
  const name = NATIVE;
  const run = async <Result>(workload: Workload, ends: readonly string[], batchCount: number): Promise<Result> => {
    const files = [bench.scratch.fresh('native'), bench.scratch.fresh('native')];
    for (const file of files) fs.writeFileSync(file, Buffer.alloc(HEADER_LENGTH + RING_CAPACITY));
    const { payloadLength, messageCount, warmUpCount } = workload;
    const numbers = [RING_CAPACITY, payloadLength, messageCount, warmUpCount, batchCount];
    try {
      const children = ends.map((end) => startNative(executable, [end, ...files, ...numbers.map(String)]));
      return await runMeasuring<Result>(children, bench.interrupted);
    } finally {
      for (const file of files) fs.rmSync(file);
    }
  };
  const rate = async (workload: Workload, batchCount: number) =>
    rateOf(name, workload, await run(workload, endsOf('throughput'), batchCount));
  return {
    name,
    how: 'the same record in the same kind of mapping, compiled with -O3; no checks, no groups, no recovery; both ends spin',
    batching: `a release store for ${BATCH_COUNT} messages`,
    pace: RING_PACE,
    throughput: (workload, sending) => rate(workload, sending === 'one' ? 1 : BATCH_COUNT),
    roundTrips: async (workload) => histogramOf(name, workload, await run(workload, endsOf('round-trip'), 1)),
    batches: rate,
    copyBandwidth: async (workload) => {
      const perSecond = rateOf(name, workload, await run(workload, ['memcpy'], 1));
      return perSecond * workload.payloadLength;
    },
  };
}
