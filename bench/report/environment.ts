import fs from 'node:fs';
import os from 'node:os';
import { formatByteSize } from '../../src/tools/byte-size.js';
import { formatNs } from '../../src/tools/report/duration-format.js';
import { latencyAtPercentile } from '../../src/tools/report/latency-histogram.js';
import type { Field } from '../contestants/field.js';
import { PAYLOAD_LENGTH } from '../runner/bench.js';
import { canPin } from '../runner/role.js';

/** The machine, as a reader of the figures has to know it. */
export interface Environment {
  /** In the order in which they are shown. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Processes that wanted a core, on average over a minute: above this nothing that spins gets what it needs. */
export const BUSY_LOAD = 0.7;

const GOVERNOR = '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor';
const DISTANCE_TRIPS = {
  payloadLength: PAYLOAD_LENGTH,
  messageCount: 50_000,
  warmUpCount: 20_000,
};

export async function describeEnvironment(field: Field): Promise<Environment> {
  const cpus = os.cpus();
  const measurer = field.native ?? field.hermes;
  const trips = await measurer.roundTrips(DISTANCE_TRIPS);
  return {
    facts: {
      processor: `${cpus[0]?.model ?? 'unknown'}, ${cpus.length} cores${isVirtual() ? ', virtual' : ''}, ${os.arch()}`,
      'distance of the cores': `${formatNs(latencyAtPercentile(trips, 50))}: a round trip between the first two, ${measurer.name}, p50`,
      governor: readLine(GOVERNOR) ?? 'not readable',
      memory: formatByteSize(os.totalmem()),
      kernel: `${os.type()} ${os.release()}`,
      'Node.js': `${process.version}, V8 ${process.versions.v8}`,
      compiler: field.compiler ?? 'none',
      'processes pinned': canPin() ? 'yes' : 'no: there is no taskset',
    },
  };
}

function isVirtual(): boolean {
  return fs.readFileSync('/proc/cpuinfo', 'utf8').includes('hypervisor');
}

function readLine(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
