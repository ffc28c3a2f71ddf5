import { availableParallelism } from 'node:os';
import { directoryPath } from '../../segment/directory.js';
import { runChildren } from './child.js';
import { startRole } from './role.js';
import { leaseSegment } from './segment-lease.js';
import type { ThroughputResult, ThroughputTask } from './throughput-ends.js';

interface ThroughputOptions {
  readonly producerCount: number;
  /** Each in a group of its own, so that each receives every message. */
  readonly consumerCount: number;
  readonly payloadLength: number;
  /** Of all producers together. */
  readonly messageCount: number;
  /** Messages that are published together. */
  readonly batchCount: number;
  readonly checksum: boolean;
  readonly timestamps: boolean;
  readonly directory: string | undefined;
  /** Of the consumers, then the producers, in turn. Default: all that there are. */
  readonly cpus?: readonly number[] | undefined;
  readonly interrupted: AbortSignal;
}

/** What `hermes bench throughput --json` prints. */
export interface ThroughputReport {
  readonly topology: { readonly producers: number; readonly consumers: number };
  readonly payloadBytes: number;
  readonly batch: number;
  readonly checksum: boolean;
  readonly timestamps: boolean;
  readonly messages: number;
  /** From the start of the first producer to the end of the last consumer. */
  readonly seconds: number;
  readonly messagesPerSecond: number;
  /** Payload bytes. */
  readonly bytesPerSecond: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly corrupted: number;
}

const LANE_CAPACITY = 1024 * 1024;

/** Runs producer and consumer processes on a segment of their own. Every consumer verifies every message. */
export async function measureThroughput(options: ThroughputOptions): Promise<ThroughputReport> {
  const { producerCount, consumerCount, payloadLength, checksum, timestamps } = options;
  const directory = directoryPath(options);
  const perProducer = Math.ceil(options.messageCount / producerCount);
  using segment = leaseSegment({
    directory,
    producers: producerCount,
    maxGroups: consumerCount,
    members: 1,
    capacity: Math.max(LANE_CAPACITY, 2 ** Math.ceil(Math.log2(payloadLength * 16 + 1))),
    maxPayload: payloadLength,
    checksum,
    timestamps,
  });
  const task = (role: ThroughputTask['role'], index: number): ThroughputTask => ({
    role,
    segment: segment.name,
    directory,
    group: index === 0 ? 'default' : `consumer-${index}`,
    payloadLength,
    messageCount: role === 'producer' ? perProducer : perProducer * producerCount,
    batchCount: options.batchCount,
    maySleep: producerCount + consumerCount > availableParallelism(),
  });
  const startAll = (role: ThroughputTask['role'], count: number) =>
    Array.from({ length: count }, (_, index) => startRole<ThroughputResult>('throughput', task(role, index)));
  const consumers = startAll('consumer', consumerCount);
  const producers = startAll('producer', producerCount);
  const results = await runChildren([...consumers, ...producers], options.interrupted, options.cpus);
  return report(options, perProducer * producerCount, results.slice(0, consumerCount), results.slice(consumerCount));
}

function report(
  options: ThroughputOptions,
  messages: number,
  consumers: readonly ThroughputResult[],
  producers: readonly ThroughputResult[],
): ThroughputReport {
  const origin = producers[0]!.startNs;
  const start = Math.min(...producers.map(({ startNs }) => Number(startNs - origin)));
  const end = Math.max(...consumers.map(({ endNs }) => Number(endNs - origin)));
  const seconds = (end - start) / 1e9;
  const sum = (field: 'lost' | 'duplicated' | 'corrupted') =>
    consumers.reduce((total, result) => total + result[field], 0);
  return {
    topology: { producers: options.producerCount, consumers: options.consumerCount },
    payloadBytes: options.payloadLength,
    batch: options.batchCount,
    checksum: options.checksum,
    timestamps: options.timestamps,
    messages,
    seconds,
    messagesPerSecond: Math.round(messages / seconds),
    bytesPerSecond: Math.round((messages * options.payloadLength) / seconds),
    lost: sum('lost'),
    duplicated: sum('duplicated'),
    corrupted: sum('corrupted'),
  };
}
