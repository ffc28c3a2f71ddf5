import type { OptionNames } from '../checks.js';
import { WAIT_OPTIONS, type WaitOptions } from '../waiting/waiter.js';

/** How a message is sent. */
export interface SendOptions extends WaitOptions {
  /** Type of the message, 1–239, for the consumers' use. Default 1. */
  readonly type?: number | undefined;
}

export const SEND_OPTIONS: OptionNames<SendOptions> = { ...WAIT_OPTIONS, type: true };
