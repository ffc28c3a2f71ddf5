import type { OptionNames } from '../checks.js';
import { TIMED_WAIT_OPTIONS, type TimedWaitOptions } from '../waiting/waiter.js';
import { ITERATION_OPTIONS, type IterationOptions } from './message-iteration.js';

/** How a call that blocks its thread waits. */
export interface BlockingWaitOptions {
  /** Milliseconds from 0. Default: none. */
  readonly timeout?: number | undefined;
}

/** How `waitAsync` waits: with `drain`, also until the end. */
export interface WaitAsyncOptions extends TimedWaitOptions, IterationOptions {}

export const BLOCKING_WAIT_OPTIONS: OptionNames<BlockingWaitOptions> = { timeout: true };
export const WAIT_ASYNC_OPTIONS: OptionNames<WaitAsyncOptions> = { ...TIMED_WAIT_OPTIONS, ...ITERATION_OPTIONS };
