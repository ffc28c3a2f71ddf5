import fs from 'node:fs';
import { BATCH_COUNT, type Bench, RING_CAPACITY } from '../harness/bench.js';
import { type Contestant, RING_PACE } from '../harness/contestant.js';
import { histogramOf, rateOf, runMeasuring } from '../harness/pair.js';
import { rolesOf, type Workload } from '../harness/workload.js';
import { startNative } from '../native/native-child.js';
import { NATIVE } from './names.js';

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
  const run = async <Result>(workload: Workload, roles: readonly string[], batchCount: number): Promise<Result> => {
    const files = [bench.scratch.fresh('native'), bench.scratch.fresh('native')];
    for (const file of files) fs.writeFileSync(file, Buffer.alloc(HEADER_LENGTH + RING_CAPACITY));
    const { payloadLength, messageCount, warmUpCount } = workload;
    const numbers = [RING_CAPACITY, payloadLength, messageCount, warmUpCount, batchCount];
    try {
      const children = roles.map((role) => startNative(executable, [role, ...files, ...numbers.map(String)]));
      return await runMeasuring<Result>(children, bench.interrupted);
    } finally {
      for (const file of files) fs.rmSync(file);
    }
  };
  const rate = async (workload: Workload, batchCount: number) =>
    rateOf(name, workload, await run(workload, rolesOf('throughput'), batchCount));
  return {
    name,
    how: 'the same record in the same kind of mapping, compiled with -O3; no checks, no groups, no recovery; both ends spin',
    batching: `a release store for ${BATCH_COUNT} messages`,
    pace: RING_PACE,
    throughput: (workload, sending) => rate(workload, sending === 'one' ? 1 : BATCH_COUNT),
    roundTrips: async (workload) => histogramOf(name, workload, await run(workload, rolesOf('round-trip'), 1)),
    batches: rate,
    copyBandwidth: async (workload) => {
      const perSecond = rateOf(name, workload, await run(workload, ['memcpy'], 1));
      return perSecond * workload.payloadLength;
    },
  };
}
