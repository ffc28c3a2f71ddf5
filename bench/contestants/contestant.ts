import type { LatencyHistogram } from '../../src/tools/report/latency-histogram.js';
import type { Workload } from '../runner/bench.js';

// What contestants are called: in the tables, in the charts, and in the results that are kept.

export const HERMES = 'Hermes';
export const CLAIMS = 'Hermes, claims';
export const DOORBELL = 'Hermes, doorbell';
export const NATIVE = 'C++ ring';
/** Also the start of the names of the same ring over other mappings. */
export const BARE = 'hand-written ring';
export const UNIX_SOCKET = 'Unix domain socket';
export const MESSAGE_PORT = 'MessagePort';
export const ZEROMQ = 'zeromq';
export const REDIS = 'Redis';
export const NATS = 'NATS';
/** What no contestant can pass. */
export const COPY = 'memcpy, one thread';

/** Those that the goals name. */
export const PEERS: readonly string[] = [UNIX_SOCKET, ZEROMQ, MESSAGE_PORT, NATS, REDIS];

/** How messages are handed over: a call for each, or many at a time in the way that is fastest for the contestant. */
export type Sending = 'one' | 'batch';

/** Messages in a second that a contestant is expected to carry before it was ever measured. */
export interface Pace {
  readonly messages: number;
  /** Sent many at a time. */
  readonly batched: number;
  readonly roundTrips: number;
}

export const RING_PACE: Pace = { messages: 5_000_000, batched: 10_000_000, roundTrips: 2_000_000 };
export const LINK_PACE: Pace = { messages: 100_000, batched: 1_000_000, roundTrips: 10_000 };

/** Something that carries messages from one process (or thread) to another, and is measured. */
export interface Contestant {
  readonly name: string;
  /** How it is used here, for the reader of the report. */
  readonly how: string;
  /** How it sends many at a time. */
  readonly batching: string;
  readonly pace: Pace;
  /** Messages a second. @throws VerificationError when one was lost, came out of turn or was damaged */
  throughput(workload: Workload, sending: Sending): Promise<number>;
  /** Round trips, one under way at a time, in nanoseconds. @throws VerificationError */
  roundTrips(workload: Workload): Promise<LatencyHistogram>;
}

/** A contestant that cannot be had on this machine. */
export interface Absence {
  readonly name: string;
  readonly reason: string;
}

/** What arrived differs from what was sent: the run is invalid. */
export class VerificationError extends Error {}
