import type { MessageHandler } from './message.js';

/** How one member of a group reads one lane, whatever the group's kind. */
export interface Reader {
  /** True when every published message was handed out or lost. */
  readonly isEmpty: boolean;
  /** Messages that were overwritten before they were read: always 0 except in a lossy group. */
  readonly lost: number;
  /**
   * Hands up to `limit` messages to `handler`. Returns how many. What the handler throws passes through; that message is delivered again.
   * @throws HermesError ERR_HERMES_CORRUPT_SEGMENT, _INVALID_STATE when the handler returns a promise
   */
  read(handler: MessageHandler<unknown>, limit: number): number;
  /** Tells the writer that all that was handed out may be overwritten. */
  acknowledge(): void;
  /** Hands out again what is not acknowledged, if the group's kind allows it. */
  rewind(): void;
  /** Ends a running read after the message that is being handled. */
  stop(): void;
}
