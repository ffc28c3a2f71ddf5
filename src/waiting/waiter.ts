import { checkAmount, type OptionNames } from '../checks.js';
import { monotonicMs } from '../clock.js';
import type { HermesError } from '../errors.js';
import type { Reaper } from '../membership/reap.js';
import type { Slot } from '../membership/slot.js';
import { checkSignal, onAbort, throwIfAborted } from '../os/abort.js';
import { MAX_TIMER_MS, startTimer, stopTimer } from '../os/timers.js';
import { Turns } from '../os/turns.js';
import type { Segment } from '../segment/segment.js';
import { type ResolvedIdleStrategy, spinUntil } from './idle-strategy.js';
import { type Nap, Sleeper } from './sleeper.js';
import { SlowTimer } from './slow-timer.js';

/** How a call waits. */
export interface WaitOptions {
  /** Ends the wait: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const WAIT_OPTIONS: OptionNames<WaitOptions> = { signal: true };

/** The same with a limit. */
export interface TimedWaitOptions extends WaitOptions {
  /** Milliseconds from 0, after which the call resolves all the same. Default: no limit. */
  readonly timeout?: number | undefined;
}

export const TIMED_WAIT_OPTIONS: OptionNames<TimedWaitOptions> = { ...WAIT_OPTIONS, timeout: true };

/**
 * Waits for a participant, as its idle strategy says: looks for a while, then sleeps on the doorbell. However a wait ends, and
 * however soon, the event loop gets its turns.
 */
export class Waiter {
  /** The turns of all calls of the participant that may succeed without waiting. */
  readonly turns: Turns = new Turns();
  private readonly sleeper: Sleeper;
  private readonly timer: SlowTimer;
  private closedBy: HermesError | undefined;

  /** `bellOffset`: the bell that counts this participant's sleeps. `onTick` is called several times a second, while the event loop turns. */
  constructor(
    segment: Segment,
    slot: Slot,
    bellOffset: number,
    private readonly strategy: ResolvedIdleStrategy,
    reaper: Reaper,
    onTick: () => void = () => {},
  ) {
    this.timer = new SlowTimer(segment, slot, reaper, () => {
      this.sleeper.tick();
      onTick();
    });
    this.sleeper = new Sleeper(segment, slot, bellOffset, this.timer);
  }

  /**
   * Resolves with true once `look`, which must look only at shared memory, returns true; with false at the time-out. Rejects with
   * the error that `look` throws, with the signal's reason, or with the error with which the waiter is closed.
   */
  wait(look: () => boolean, { signal, timeout }: TimedWaitOptions): Promise<boolean> {
    const startMs = monotonicMs();
    try {
      const endMs = startMs + checkTimeout(timeout);
      checkSignal(signal);
      this.check(signal);
      const { spinForUs, sliceUs } = this.strategy;
      const spinEndMs = Math.min(startMs + spinForUs / 1000, endMs);
      if (spinUntil(look, startMs, Math.min(startMs + sliceUs / 1000, spinEndMs))) {
        return this.turns.isDueAt(startMs) ? this.inTurn(true, signal) : Promise.resolve(true);
      }
      if (spinForUs > sliceUs) return this.spinOn(look, startMs, spinEndMs, endMs, signal);
      return this.sleep(look, endMs, signal); // without a promise in between, which would delay the wake-up
    } catch (error) {
      return this.fail(error);
    }
  }

  /** Rejects with the error of a participant's call, after a turn of the event loop if one is due. */
  async fail(error: unknown): Promise<never> {
    if (this.turns.isDue) await this.turns.take();
    throw error;
  }

  /** The same, but blocks the thread: no signal, timer or I/O of the process gets its turn. */
  waitBlocking(look: () => boolean, timeoutMs: number | undefined): boolean {
    const forMs = checkTimeout(timeoutMs);
    this.check();
    const startMs = monotonicMs();
    const endMs = startMs + forMs;
    if (spinUntil(look, startMs, Math.min(startMs + this.strategy.spinForUs / 1000, endMs))) return true;
    return this.sleeper.sleepBlocking(look, endMs, () => this.timer.tickIfDue());
  }

  /** All waiting calls look again now. */
  wake(): void {
    this.sleeper.tick();
  }

  /** Whether a wait keeps the process alive. */
  hold(holdsProcess: boolean): void {
    this.turns.holdsProcess = holdsProcess;
    this.sleeper.hold(holdsProcess);
  }

  /** Every wait, now and later, rejects with this. */
  close(error: HermesError): void {
    this.closedBy = error;
    this.timer.stop();
    this.sleeper.close(error);
  }

  /** True for the very error that ended waits because the waiter was closed. */
  isClosedBy(error: unknown): boolean {
    return this.closedBy !== undefined && error === this.closedBy;
  }

  private check(signal?: AbortSignal): void {
    if (this.closedBy !== undefined) throw this.closedBy;
    throwIfAborted(signal);
  }

  /** The result of a wait that ended at once, after a turn of the event loop. */
  private async inTurn(outcome: boolean, signal: AbortSignal | undefined): Promise<boolean> {
    await this.turns.take();
    this.check(signal);
    return outcome;
  }

  /** Goes on looking, for a slice of time in each turn of the event loop, and then sleeps. */
  private async spinOn(
    look: () => boolean,
    startMs: number,
    spinEndMs: number,
    endMs: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const sliceMs = this.strategy.sliceUs / 1000;
    let slices = (spinEndMs - startMs) / sliceMs; // slices are counted, too: a clock may stand still
    for (let nowMs = startMs; slices > 0 && nowMs < spinEndMs; slices--) {
      await this.turns.take();
      this.check(signal);
      nowMs = monotonicMs();
      if (spinUntil(look, nowMs, Math.min(nowMs + sliceMs, spinEndMs))) return true;
    }
    return this.sleep(look, endMs, signal);
  }

  private sleep(look: () => boolean, endMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    const leftMs = endMs - monotonicMs();
    if (leftMs <= 0) return this.turns.isDue ? this.inTurn(false, signal) : Promise.resolve(false);
    this.sleeper.open();
    return new Promise((resolve, reject) => {
      let isAsleep = false;
      let timer: NodeJS.Timeout | undefined;
      const end = () => {
        this.sleeper.remove(nap);
        stopTimer(timer);
        forget();
        if (isAsleep) this.turns.note();
      };
      const nap: Nap = {
        look,
        wake: () => {
          end();
          resolve(isAsleep || !this.turns.isDue || this.inTurn(true, signal));
        },
        fail(error) {
          end();
          reject(error);
        },
      };
      const forget = onAbort(signal, () => nap.fail(signal?.reason));
      const sleepFor = (ms: number) => {
        timer = startTimer(() => {
          if (ms > MAX_TIMER_MS) return sleepFor(ms - MAX_TIMER_MS);
          end();
          resolve(false);
        }, Math.ceil(ms));
        if (!this.turns.holdsProcess) timer.unref();
      };
      if (leftMs !== Number.POSITIVE_INFINITY) sleepFor(leftMs);
      this.sleeper.add(nap);
      isAsleep = true;
    });
  }
}

function checkTimeout(timeoutMs: number = Number.POSITIVE_INFINITY): number {
  checkAmount('timeout', timeoutMs, 'milliseconds', 0);
  return timeoutMs;
}
