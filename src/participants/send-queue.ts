import type { OptionNames } from '../checks.js';
import { onAbort } from '../os/abort.js';
import type { LaneWriter } from '../ring/lane-writer.js';
import { WAIT_OPTIONS, type Waiter, type WaitOptions } from '../waiting/waiter.js';
import { lengthOf, type Prepared } from './value-writer.js';

/** How a message is sent. */
export interface SendOptions extends WaitOptions {
  /** Type of the message, 1–239, for the consumers' use. Default 1. */
  readonly type?: number | undefined;
}

export const SEND_OPTIONS: OptionNames<SendOptions> = { ...WAIT_OPTIONS, type: true };

/** A message that waits for room, or a call that waits for every message before it. */
interface Pending {
  /** Undefined: nothing is sent. */
  readonly message: { readonly payload: Prepared; readonly type: number } | undefined;
  isSettled: boolean;
  readonly resolve: (position: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Messages that wait for room, sent in the order in which they came. Adding and removing one costs the same however many wait. */
export class SendQueue {
  private readonly pending: Set<Pending> = new Set();
  private isPumping = false;
  /** The entry for which the queue waits for room. */
  private first: Pending | undefined;

  /** `offer` publishes a message, or returns a negative number when there is no room. */
  constructor(
    private readonly writer: LaneWriter,
    private readonly waiter: Waiter,
    private readonly offer: (payload: Prepared, type: number) => number,
  ) {}

  get isEmpty(): boolean {
    return this.pending.size === 0;
  }

  /** Resolves with the position after the message once it is published. Rejects with the signal's reason: then the message is never sent. */
  add(payload: Prepared, type: number, signal: AbortSignal | undefined): Promise<number> {
    return this.enter({ payload, type }, signal);
  }

  /** Resolves with the lane's position once all that is in the queue now has left it. Rejects with the signal's reason. */
  async drained(signal: AbortSignal | undefined): Promise<number> {
    return this.isEmpty ? this.writer.position : this.enter(undefined, signal);
  }

  private enter(message: Pending['message'], signal: AbortSignal | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        entry.isSettled = true;
        this.pending.delete(entry);
        forget();
      };
      const entry: Pending = {
        message,
        isSettled: false,
        resolve(position) {
          leave();
          resolve(position);
        },
        reject(error) {
          leave();
          reject(error);
        },
      };
      const forget = onAbort(signal, () => {
        entry.reject(signal?.reason);
        if (this.first === entry) this.waiter.wake(); // the next one may fit
      });
      this.pending.add(entry);
      if (!this.isPumping) void this.pump();
    });
  }

  /** Never rejects: an error that ends it rejects every entry. */
  private async pump(): Promise<void> {
    this.isPumping = true;
    try {
      for (const entry of this.pending) {
        this.first = entry;
        while (!entry.isSettled) await this.send(entry);
      }
    } catch (error) {
      for (const entry of this.pending) entry.reject(error);
    } finally {
      this.first = undefined;
      this.isPumping = false;
    }
  }

  /** Sends it once there is room. It may leave the queue meanwhile, and somebody else may take the room. */
  private async send(entry: Pending): Promise<void> {
    const { message } = entry;
    if (message === undefined) return entry.resolve(this.writer.position);
    const { payload, type } = message;
    const length = lengthOf(payload);
    await this.waiter.wait(() => entry.isSettled || this.writer.hasRoom(length), {});
    if (entry.isSettled) return;
    try {
      const position = this.offer(payload, type);
      if (position >= 0) entry.resolve(position);
    } catch (error) {
      entry.reject(error);
    }
  }
}
