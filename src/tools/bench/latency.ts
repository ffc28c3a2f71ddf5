import { directoryPath } from '../../segment/directory.js';
import { LatencyHistogram } from '../report/latency-histogram.js';
import { runChildren } from './child.js';
import type { LatencyResult, LatencyTask, LatencyTraffic } from './latency-ends.js';
import { startRole } from './role.js';
import { leaseSegment } from './segment-lease.js';

export type LatencyMode = 'ping-pong' | 'one-way';

interface LatencyOptions extends LatencyTraffic {
  readonly mode: LatencyMode;
  readonly checksum: boolean;
  readonly timestamps: boolean;
  readonly directory: string | undefined;
  /** Of the two processes, of which the first measures. Default: any two. */
  readonly cpus?: readonly number[] | undefined;
  readonly interrupted: AbortSignal;
}

export interface LatencyMeasurement {
  readonly histogram: LatencyHistogram;
  /** Messages that did not arrive in their turn. */
  readonly lost: number;
}

const LANE_CAPACITY = 1024 * 1024;

/** Two processes exchange messages through segments of their own. A sender spins between two messages. */
export async function measureLatency(options: LatencyOptions): Promise<LatencyMeasurement> {
  const { mode, checksum, timestamps, directory: _, cpus, interrupted, ...traffic } = options;
  const { payloadLength } = traffic;
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
    ...traffic,
  });
  const [recording, other] = mode === 'ping-pong' ? (['pinger', 'echo'] as const) : (['receiver', 'sender'] as const);
  const children = [
    startRole<LatencyResult | null>('latency', task(recording)),
    startRole<LatencyResult | null>('latency', task(other)),
  ];
  const [result] = await runChildren(children, interrupted, cpus);
  if (result == null) throw new Error('the measuring process gave no result');
  return { histogram: LatencyHistogram.restore(result.histogram), lost: result.lost };
}
