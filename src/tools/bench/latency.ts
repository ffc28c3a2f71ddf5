import type { IdleStrategyName } from '../../index.js';
import { directoryPath } from '../../segment/directory.js';
import { LatencyHistogram } from '../report/latency-histogram.js';
import { runChildren } from './child.js';
import type { LatencyResult, LatencyTask } from './latency-ends.js';
import { startRole } from './role.js';
import { leaseSegment } from './segment-lease.js';

export type LatencyMode = 'ping-pong' | 'one-way';

interface LatencyOptions {
  readonly mode: LatencyMode;
  readonly payloadLength: number;
  readonly messageCount: number;
  /** Not recorded, before the others. */
  readonly warmUpCount: number;
  /** Messages a second; 0, which only ping-pong may have: as fast as it goes. */
  readonly rate: number;
  /** What a receiver does while it waits. */
  readonly idle: IdleStrategyName;
  readonly checksum: boolean;
  readonly timestamps: boolean;
  readonly directory: string | undefined;
  readonly interrupted: AbortSignal;
}

export interface LatencyMeasurement {
  readonly histogram: LatencyHistogram;
  /** Messages that did not come in their turn. */
  readonly lost: number;
}

const LANE_CAPACITY = 1024 * 1024;

/** Two processes exchange messages through segments of their own. A sender spins between two messages. */
export async function measureLatency(options: LatencyOptions): Promise<LatencyMeasurement> {
  const { payloadLength, checksum, timestamps } = options;
  const directory = directoryPath(options);
  const capacity = Math.max(LANE_CAPACITY, 2 ** Math.ceil(Math.log2(payloadLength * 4 + 1)));
  const shape = { producers: 1, maxGroups: 1, members: 1, capacity, maxPayload: payloadLength, checksum, timestamps };
  using requests = leaseSegment({ directory, ...shape });
  using replies = leaseSegment({ directory, ...shape });
  const task = (role: LatencyTask['role']): LatencyTask => ({
    role,
    requests: requests.name,
    replies: replies.name,
    directory,
    payloadLength,
    messageCount: options.warmUpCount + options.messageCount,
    warmUpCount: options.warmUpCount,
    rate: options.rate,
    idle: options.idle,
  });
  const [recording, other] =
    options.mode === 'ping-pong' ? (['pinger', 'echo'] as const) : (['receiver', 'sender'] as const);
  const children = [
    startRole<LatencyResult | null>('latency', task(recording)),
    startRole<LatencyResult | null>('latency', task(other)),
  ];
  const [result] = await runChildren(children, options.interrupted);
  if (result == null) throw new Error('the measuring process gave no result');
  return { histogram: LatencyHistogram.restore(result.histogram), lost: result.lost };
}
