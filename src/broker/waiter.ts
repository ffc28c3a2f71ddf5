import { setImmediate as nextTurn } from 'node:timers/promises';
import { HermesError } from '../errors.js';
import { type IdleStrategy, spinUntil } from '../ring/idle-strategy.js';
import type { Slot } from './participants.js';
import type { Segment } from './segment.js';
import { Sleeper } from './sleeper.js';
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
  async wait(look: () => boolean, options: TimedWaitOptions): Promise<boolean> {
    const { signal } = options;
    const startMs = performance.now();
    const endMs = startMs + checkTimeout(options.timeout);
    const spinEndMs = Math.min(startMs + this.strategy.spinForUs / 1000, endMs);
    for (;;) {
      this.check(signal);
      if (spinUntil(look, Math.min(performance.now() + this.strategy.sliceUs / 1000, spinEndMs))) return true;
      if (performance.now() >= spinEndMs) break;
      await this.turn();
    }
    return performance.now() < endMs ? this.sleep(look, endMs, signal) : false;
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

  private async sleep(look: () => boolean, endMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    let timeout: NodeJS.Timeout | undefined;
    let abort: (() => void) | undefined;
    let stop: (() => void) | undefined;
    try {
      return await new Promise<boolean>((resolve, reject) => {
        stop = this.sleeper.sleep(look, (error) => (error === undefined ? resolve(true) : reject(error)));
        if (endMs !== Number.POSITIVE_INFINITY) timeout = this.startTimeout(endMs, () => resolve(false));
        if (signal === undefined) return;
        abort = () => reject(signal.reason);
        signal.addEventListener('abort', abort, { once: true });
      });
    } finally {
      stop?.();
      clearTimeout(timeout);
      if (abort !== undefined) signal?.removeEventListener('abort', abort);
      this.turnedAtMs = performance.now();
    }
  }

  private startTimeout(endMs: number, onTimeout: () => void): NodeJS.Timeout {
    const timeout = setTimeout(onTimeout, Math.min(Math.ceil(endMs - performance.now()), MAX_TIMEOUT_MS));
    return this.holdsProcess ? timeout : timeout.unref();
  }
}

function checkTimeout(timeoutMs: number = Number.POSITIVE_INFINITY): number {
  if (timeoutMs >= 0) return timeoutMs;
  throw new HermesError('ERR_HERMES_INVALID_OPTION', `timeout is ${timeoutMs}: give milliseconds from 0`);
}
