import { setImmediate as nextTurn } from 'node:timers/promises';
import { HermesError } from '../errors.js';
import { type IdleStrategy, spinUntil } from '../ring/idle-strategy.js';
import type { Slot } from './participants.js';
import type { Segment } from './segment.js';
import { type Nap, Sleeper } from './sleeper.js';
import { SlowTimer } from './slow-timer.js';

/** How a call waits. */
export interface WaitOptions {
  /** Ends the wait: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The same with a limit. */
export interface TimedWaitOptions extends WaitOptions {
  /** Milliseconds; the call then resolves all the same. Default: none. */
  readonly timeout?: number | undefined;
}

/** Most milliseconds for which a loop of asynchronous calls keeps the event loop from its timers and I/O. */
const MAX_HOG_MS = 1;
/** The longest that Node's timers can. */
const MAX_TIMEOUT_MS: number = 2 ** 31 - 1;

/** Waits for a participant, as its idle strategy says: looks for a while, then sleeps on the doorbell. */
export class Waiter {
  private readonly sleeper: Sleeper;
  private readonly timer: SlowTimer;
  private holdsProcess = true;
  private turnedAtMs = 0;
  private closedBy: HermesError | undefined;

  /** `bellOffset`: the bell that those ring who may end the wait. */
  constructor(
    segment: Segment,
    slot: Slot,
    bellOffset: number,
    private readonly strategy: IdleStrategy,
  ) {
    this.sleeper = new Sleeper(segment, slot, bellOffset);
    this.timer = new SlowTimer(segment, slot, () => this.sleeper.tick());
  }

  /**
   * Resolves with true once `look` says true, which must tell from shared memory alone; with false at the time-out. Rejects with
   * what `look` throws, with the signal's reason, and with the error that the waiter is closed with.
   */
  wait(look: () => boolean, { signal, timeout }: TimedWaitOptions): Promise<boolean> {
    try {
      const { spinForUs, sliceUs } = this.strategy;
      const startMs = performance.now();
      const endMs = startMs + checkTimeout(timeout);
      const spinEndMs = Math.min(startMs + spinForUs / 1000, endMs);
      this.check(signal);
      if (spinUntil(look, Math.min(startMs + sliceUs / 1000, spinEndMs))) return Promise.resolve(true);
      if (spinForUs > sliceUs) return this.spinOn(look, spinEndMs, endMs, signal);
      return this.sleep(look, endMs, signal); // with no promise between: a wake-up is short of time
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same, and blocks the thread: no signal, no timer, no I/O of the process gets its turn. */
  waitBlocking(look: () => boolean, timeoutMs: number | undefined): boolean {
    this.check();
    const startMs = performance.now();
    const endMs = startMs + checkTimeout(timeoutMs);
    if (spinUntil(look, Math.min(startMs + this.strategy.spinForUs / 1000, endMs))) return true;
    return this.sleeper.sleepBlocking(look, endMs, () => this.timer.tickIfDue());
  }

  /** True when the event loop has waited for its turn long enough: then await `turn`. One clock read. */
  get isTurnDue(): boolean {
    return performance.now() - this.turnedAtMs > MAX_HOG_MS;
  }

  /** Lets timers and I/O of the process have their turn. */
  async turn(): Promise<void> {
    await nextTurn(undefined, { ref: this.holdsProcess });
    this.turnedAtMs = performance.now();
  }

  /** Whoever waits looks again now. */
  wake(): void {
    this.sleeper.tick();
  }

  /** Whether a wait keeps the process alive. */
  hold(holdsProcess: boolean): void {
    this.holdsProcess = holdsProcess;
    this.sleeper.hold(holdsProcess);
  }

  /** Every wait, now and later, rejects with this. */
  close(error: HermesError): void {
    this.closedBy = error;
    this.timer.stop();
    this.sleeper.close(error);
  }

  private check(signal?: AbortSignal): void {
    if (this.closedBy !== undefined) throw this.closedBy;
    signal?.throwIfAborted();
  }

  /** Looks on, a slice of time in each turn of the event loop, and sleeps then. */
  private async spinOn(
    look: () => boolean,
    spinEndMs: number,
    endMs: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    while (performance.now() < spinEndMs) {
      await this.turn();
      this.check(signal);
      if (spinUntil(look, Math.min(performance.now() + this.strategy.sliceUs / 1000, spinEndMs))) return true;
    }
    return this.sleep(look, endMs, signal);
  }

  private sleep(look: () => boolean, endMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (performance.now() >= endMs) {
        resolve(false);
        return;
      }
      this.sleeper.open();
      let isAsleep = false;
      const end = () => {
        this.sleeper.remove(nap);
        clearTimeout(timeout);
        signal?.removeEventListener('abort', abort);
        if (isAsleep) this.turnedAtMs = performance.now();
      };
      const nap: Nap = {
        look,
        wake(error) {
          end();
          if (error === undefined) resolve(true);
          else reject(error);
        },
      };
      const abort = () => nap.wake(signal?.reason);
      const timeout = this.startTimeout(endMs, () => {
        end();
        resolve(false);
      });
      signal?.addEventListener('abort', abort, { once: true });
      this.sleeper.add(nap);
      isAsleep = true;
    });
  }

  private startTimeout(endMs: number, onTimeout: () => void): NodeJS.Timeout | undefined {
    if (endMs === Number.POSITIVE_INFINITY) return undefined;
    const timeout = setTimeout(onTimeout, Math.min(Math.ceil(endMs - performance.now()), MAX_TIMEOUT_MS));
    return this.holdsProcess ? timeout : timeout.unref();
  }
}

function checkTimeout(timeoutMs: number = Number.POSITIVE_INFINITY): number {
  if (timeoutMs >= 0) return timeoutMs;
  throw new HermesError('ERR_HERMES_INVALID_OPTION', `timeout is ${timeoutMs}: give milliseconds from 0`);
}
