import { latencyAtPercentile } from '../report/latency-histogram.js';
import { measureLatency } from './latency.js';

/** What `hermes bench cores --json` prints. */
export interface CoresReport {
  readonly cpus: readonly number[];
  readonly payloadBytes: number;
  /** Each two of the CPUs once, the lower number first, in the order in which they were measured. */
  readonly pairs: readonly PairReport[];
  /** The pair with the shortest round trips. */
  readonly best: PairReport;
}

export interface PairReport {
  readonly cpus: readonly [number, number];
  /** Nanoseconds of a round trip. */
  readonly p50Ns: number;
  readonly p99Ns: number;
}

interface CoresOptions {
  readonly cpus: readonly number[];
  /** Round trips of each pair. */
  readonly messageCount: number;
  readonly directory: string | undefined;
  readonly interrupted: AbortSignal;
  /** Told before each pair. */
  readonly onPair: (cpus: readonly [number, number], index: number, count: number) => void;
}

const PAYLOAD_LENGTH = 64;

/** Measures round trips between two processes, pinned to each two of the CPUs in turn. */
export async function measureCores({ cpus, messageCount, onPair, ...options }: CoresOptions): Promise<CoresReport> {
  const pairs: PairReport[] = [];
  const all = pairsOf(cpus);
  for (const [index, pair] of all.entries()) {
    onPair(pair, index, all.length);
    const { histogram } = await measureLatency({
      ...options,
      cpus: pair,
      mode: 'ping-pong',
      payloadLength: PAYLOAD_LENGTH,
      messageCount,
      rate: 0,
      idle: 'spin',
      checksum: false,
      timestamps: false,
    });
    pairs.push({ cpus: pair, p50Ns: latencyAtPercentile(histogram, 50), p99Ns: latencyAtPercentile(histogram, 99) });
  }
  const best = pairs.reduce((least, each) => (each.p50Ns < least.p50Ns ? each : least));
  return { cpus, payloadBytes: PAYLOAD_LENGTH, pairs, best };
}

function pairsOf(cpus: readonly number[]): (readonly [number, number])[] {
  const sorted = [...new Set(cpus)].sort((a, b) => a - b);
  return sorted.flatMap((first, i) => sorted.slice(i + 1).map((second) => [first, second] as const));
}
