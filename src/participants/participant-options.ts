import { checkAmount, checkKnown, type OptionNames } from '../checks.js';
import { HermesError } from '../errors.js';
import { DIRECTORY_OPTIONS, type DirectoryOptions } from '../segment/directory.js';
import {
  DISTANCE_NS,
  IDLE_OPTIONS,
  IDLE_STRATEGIES,
  type IdleStrategy,
  type IdleStrategyName,
  type ResolvedIdleStrategy,
} from '../waiting/idle-strategy.js';
import { type Codec, type CodecChoice, resolveCodec } from './codec.js';
import { checkCpu } from './pinning.js';

/** A slice is at least one look, and the event loop waits for it: a second is long enough for everybody. */
const MIN_SLICE_US = 0.001;
const MAX_SLICE_US = 1_000_000;
const MAX_DISTANCE_NS = 1000;

/** What producers and consumers have in common. */
export interface ParticipantOptions<T> extends DirectoryOptions {
  /** What values are as payloads: `bytes`, `json`, `v8` (structured clone), or a codec of your own. Default `bytes`. */
  readonly codec?: CodecChoice<T> | undefined;
  /**
   * What it does while it waits: `spin` (the fastest, takes a core), `balanced` (looks for 50 µs, then sleeps), `doorbell` (sleeps at
   * once), or figures of your own. It matters only to calls that wait, but for `distanceNs`. Default `balanced`.
   */
  readonly idle?: IdleStrategyName | IdleStrategy | undefined;
  /**
   * Milliseconds for which the attachment waits for the segment, if that is not there yet, or for a place, if all are taken. It looks at
   * least every 50 ms. Default 0: it tries once. Default of the asynchronous forms: no limit.
   */
  readonly waitMs?: number | undefined;
  /**
   * The CPU, by its number, that the calling thread runs on from now on: the main thread, or the worker thread that attaches. It stays
   * there after `detach`. Threads that it starts later run there, too; the others of the process do not. Default: wherever the kernel
   * puts it.
   */
  readonly cpu?: number | undefined;
}

export const PARTICIPANT_OPTIONS: OptionNames<ParticipantOptions<unknown>> = {
  ...DIRECTORY_OPTIONS,
  codec: true,
  idle: true,
  waitMs: true,
  cpu: true,
};

/** The options once they are resolved. */
export interface ResolvedOptions<T> {
  /** Undefined if values are bytes. */
  readonly codec: Codec<T> | undefined;
  readonly idle: ResolvedIdleStrategy;
  readonly cpu: number | undefined;
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION */
export function resolveParticipantOptions<T>(options: ParticipantOptions<T>): ResolvedOptions<T> {
  const { cpu } = options;
  checkCpu(cpu);
  return { codec: resolveCodec(options.codec), idle: resolveIdleStrategy(options.idle), cpu };
}

function resolveIdleStrategy(idle: IdleStrategyName | IdleStrategy = 'balanced'): ResolvedIdleStrategy {
  const strategy = typeof idle === 'string' ? IDLE_STRATEGIES[idle] : idle;
  if (strategy === undefined || strategy === null) {
    const names = Object.keys(IDLE_STRATEGIES).join(', ');
    throw new HermesError('ERR_HERMES_INVALID_OPTION', `idle is ${idle}: give ${names}, or { spinForUs, sliceUs }`);
  }
  if (typeof strategy === 'object') checkKnown('idle', strategy, IDLE_OPTIONS);
  const { spinForUs, sliceUs, distanceNs = DISTANCE_NS } = strategy; // read once: the object is the caller's
  checkAmount('idle.spinForUs', spinForUs, 'microseconds', 0);
  checkAmount('idle.sliceUs', sliceUs, 'microseconds', MIN_SLICE_US, MAX_SLICE_US);
  checkAmount('idle.distanceNs', distanceNs, 'nanoseconds', 0, MAX_DISTANCE_NS);
  return { spinForUs, sliceUs, distanceNs };
}
