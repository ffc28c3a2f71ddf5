import type { LaneWriter } from '../ring/lane-writer.js';
import { lengthOf, type Prepared } from './value-writer.js';
import type { Waiter } from './waiter.js';

/** A message that waits for room, and whoever waits for it. */
interface Pending {
  readonly payload: Prepared;
  readonly type: number;
  readonly settle: (outcome: { readonly position: number } | { readonly error: unknown }) => void;
  isSettled: boolean;
  /** The lane's position when it left the queue. */
  endPosition: number;
}

/** What was in the queue at some moment. */
export interface Watch {
  readonly isOver: () => boolean;
  /** Once it is over: the position after all that. */
  readonly position: () => number;
}

/** Messages that wait for room, sent in the order in which they came. */
export class SendQueue {
  private readonly pending: Pending[] = [];
  private isPumping = false;

  /** `offer` publishes a message, or returns a negative number when there is no room. */
  constructor(
    private readonly writer: LaneWriter,
    private readonly waiter: Waiter,
    private readonly offer: (payload: Prepared, type: number) => number,
  ) {}

  get isEmpty(): boolean {
    return this.pending.length === 0;
  }

  /** Resolves with the position after the message once it is published. Rejects with the signal's reason: then it never will be. */
  add(payload: Prepared, type: number, signal: AbortSignal | undefined): Promise<number> {
    const { writer } = this;
    return new Promise((resolve, reject) => {
      const abort = () => this.end(entry, { error: signal?.reason });
      const entry: Pending = {
        payload,
        type,
        isSettled: false,
        endPosition: 0,
        settle(outcome) {
          entry.isSettled = true;
          entry.endPosition = writer.position;
          signal?.removeEventListener('abort', abort);
          if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.position);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.pending.push(entry);
      if (!this.isPumping) void this.pump();
    });
  }

  /** Says whether all that is in the queue now has left it. */
  watch(): Watch {
    const last = this.pending.at(-1);
    const { position } = this.writer;
    return {
      isOver: () => last === undefined || last.isSettled,
      position: () => last?.endPosition ?? position,
    };
  }

  private end(entry: Pending, outcome: Parameters<Pending['settle']>[0]): void {
    this.pending.splice(this.pending.indexOf(entry), 1);
    entry.settle(outcome);
    this.waiter.wake(); // the next one may fit, and somebody may wait for all
  }

  /** Never rejects: what ends it ends all that wait. */
  private async pump(): Promise<void> {
    this.isPumping = true;
    try {
      for (let first = this.pending[0]; first !== undefined; first = this.pending[0]) {
        const entry = first;
        const length = lengthOf(entry.payload);
        await this.waiter.wait(() => entry.isSettled || this.writer.hasRoom(length), {});
        if (!entry.isSettled) this.tryFirst(entry);
      }
    } catch (error) {
      for (const entry of this.pending.splice(0)) entry.settle({ error });
    } finally {
      this.isPumping = false;
    }
  }

  private tryFirst(entry: Pending): void {
    try {
      const position = this.offer(entry.payload, entry.type);
      if (position >= 0) this.end(entry, { position });
    } catch (error) {
      this.end(entry, { error });
    }
  }
}
