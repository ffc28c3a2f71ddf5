import { HermesError } from '../errors.js';
import { IDLE_STRATEGIES, type IdleStrategy, type IdleStrategyName } from '../ring/idle-strategy.js';
import { type Codec, type CodecName, resolveCodec } from './codec.js';
import type { DirectoryOptions } from './directory.js';

/** What producers and consumers have in common. */
export interface ParticipantOptions<T> extends DirectoryOptions {
  /** What values are as payloads: `bytes`, `json`, `v8` (structured clone), or a codec of your own. Default `bytes`. */
  readonly codec?: CodecName | Codec<T> | undefined;
  /**
   * What it does while it waits: `spin` (the fastest, takes a core), `balanced` (looks for 50 µs, then sleeps), `doorbell` (sleeps at
   * once), or figures of your own. Only calls that wait ask for it. Default `balanced`.
   */
  readonly idle?: IdleStrategyName | IdleStrategy | undefined;
}

/** The same, resolved. */
export interface ResolvedOptions<T> {
  /** Undefined where values are bytes. */
  readonly codec: Codec<T> | undefined;
  readonly idle: IdleStrategy;
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION */
export function resolveParticipantOptions<T>(options: ParticipantOptions<T>): ResolvedOptions<T> {
  return { codec: resolveCodec(options.codec), idle: resolveIdleStrategy(options.idle) };
}

function resolveIdleStrategy(idle: IdleStrategyName | IdleStrategy = 'balanced'): IdleStrategy {
  const strategy = typeof idle === 'string' ? IDLE_STRATEGIES[idle] : idle;
  if (strategy === undefined || strategy === null) {
    const names = Object.keys(IDLE_STRATEGIES).join(', ');
    throw new HermesError('ERR_HERMES_INVALID_OPTION', `idle is ${idle}: give ${names}, or { spinForUs, sliceUs }`);
  }
  if (strategy.spinForUs >= 0 && strategy.sliceUs > 0) return strategy;
  throw new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `idle spins for ${strategy.spinForUs} µs in slices of ${strategy.sliceUs} µs: give microseconds, spinForUs from 0 and sliceUs above 0`,
  );
}
