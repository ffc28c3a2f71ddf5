import { monotonicMs } from '../clock.js';
import { HermesError } from '../errors.js';
import type { Slot } from '../membership/slot.js';
import { awaitByte, type FifoListener, NO_FIFO } from '../os/fifo.js';
import { systemError } from '../os/system-error.js';
import type { Segment } from '../segment/segment.js';
import { SleepWord } from '../segment/sleep-word.js';

/** Milliseconds for which a thread is blocked at a time; a worker thread cannot be terminated meanwhile. */
const BLOCK_MS = 250;

/** Codes of the errors of which this process has warned. */
const warnedOf: Set<string> = new Set();

/** A call that sleeps until `look`, which must look only at shared memory, returns true. Then `wake` is called; if an error ends the sleep, `fail` is called with it. */
export interface Nap {
  look(): boolean;
  wake(): void;
  fail(error: unknown): void;
}

/** The timer that lets the participant look now and then, and can keep the process alive. */
export interface Ticker {
  ref(): void;
  unref(): void;
}

/**
 * A participant's own doorbell. A call that sleeps here costs nothing until a ringer writes a byte into the participant's FIFO. The byte
 * wakes the event loop through epoll, without a thread. The order of the steps is that of `doorbell.pml`. If the FIFO cannot be opened,
 * nobody is asked to ring, and a sleeping call looks at each tick.
 */
export class Sleeper {
  private readonly word: SleepWord;
  private readonly naps: Set<Nap> = new Set();
  private fifo: FifoListener | undefined;
  private holdsProcess = true;
  private isRef = false;

  constructor(
    private readonly segment: Segment,
    private readonly slot: Slot,
    bellOffset: number,
    private readonly ticker: Ticker,
  ) {
    this.word = new SleepWord(segment.memory, slot.index, bellOffset);
    this.word.wakeUp(); // a predecessor may have died asleep
  }

  /** Call this before `add`. */
  open(): void {
    if (this.fifo !== undefined) return;
    const fifo = this.openFifo();
    if (fifo === undefined) return;
    const { isRef } = this;
    this.setRef(false);
    this.fifo = fifo; // from now on this keeps the process alive, instead of the ticker
    this.setRef(isRef);
  }

  /** From now on `nap` sleeps, unless there is something for it already. Keeps the process alive, unless `hold(false)` was called. */
  add(nap: Nap): void {
    this.naps.add(nap);
    if (this.holdsProcess) this.setRef(true);
    this.goToSleep();
    this.wakeIfReady(nap); // the second look; the others have had theirs
    this.restIfAlone();
  }

  /** From now on nothing is done for `nap`. */
  remove(nap: Nap): void {
    if (this.naps.delete(nap)) this.restIfAlone();
  }

  /** Blocks the thread until `look` returns true, and returns true; or false when the monotonic clock reaches `endMs` first. */
  sleepBlocking(look: () => boolean, endMs: number, onTick: () => void): boolean {
    this.open();
    let mostMs = endMs - monotonicMs(); // less what was slept through: a clock may stand still
    try {
      for (;;) {
        if (look()) return true;
        this.goToSleep();
        if (look()) return true;
        const leftMs = Math.min(endMs - monotonicMs(), mostMs);
        if (leftMs <= 0) return false;
        const blockMs = Math.min(leftMs, BLOCK_MS);
        const isRung = this.fifo === undefined ? awaitByte(NO_FIFO, blockMs) : this.fifo.await(blockMs);
        if (!isRung) mostMs -= blockMs;
        this.word.wakeUp();
        onTick();
      }
    } finally {
      this.lookAgain(); // other calls that sleep here may have missed the byte
    }
  }

  /** Call this now and then: the look finds messages for which the dead, or those that could not ring, have not rung. */
  tick(): void {
    if (this.naps.size === 0) {
      this.setRef(false);
      return;
    }
    this.word.wakeUp(); // so that it is counted anew
    this.lookAgain();
  }

  /** Whether the process stays alive while somebody sleeps here. */
  hold(holdsProcess: boolean): void {
    this.holdsProcess = holdsProcess;
    this.setRef(holdsProcess && this.naps.size > 0);
  }

  /** Wakes everybody with an error, and ends. */
  close(error: unknown): void {
    for (const nap of this.naps) this.fail(nap, error);
    this.restIfAlone();
    this.fifo?.close();
    this.fifo = undefined;
  }

  /** Wakes the calls that have something now; the others sleep on. */
  private lookAgain(): void {
    this.wakeReady();
    this.sleepOn();
  }

  /** Marks the participant asleep for the calls that are left, and looks once more. */
  private sleepOn(): void {
    if (this.naps.size > 0) {
      this.goToSleep();
      this.wakeReady();
    }
    this.restIfAlone();
  }

  private goToSleep(): void {
    if (this.fifo !== undefined) this.word.goToSleep();
  }

  private wakeReady(): void {
    for (const nap of this.naps) this.wakeIfReady(nap);
  }

  private wakeIfReady(nap: Nap): void {
    try {
      if (nap.look() && this.naps.delete(nap)) nap.wake();
    } catch (error) {
      this.fail(nap, error);
    }
  }

  private fail(nap: Nap, error: unknown): void {
    if (this.naps.delete(nap)) nap.fail(error);
  }

  /** If nobody sleeps here, nobody shall ring. */
  private restIfAlone(): void {
    if (this.naps.size === 0) this.word.wakeUp();
  }

  /** Whether the FIFO, or the ticker in its place, keeps the process alive. Two such calls a sleep would cost more than the sleep itself, so the next tick releases it. */
  private setRef(isRef: boolean): void {
    if (isRef === this.isRef) return;
    this.isRef = isRef;
    const holder = this.fifo ?? this.ticker;
    if (isRef) holder.ref();
    else holder.unref();
  }

  private openFifo(): FifoListener | undefined {
    const onError = (error: NodeJS.ErrnoException) => {
      this.warn(systemError('read', 'the FIFO of a sleeper', error.code ?? 'EIO', error));
      this.fifo = undefined;
      this.isRef = false;
      this.hold(this.holdsProcess);
    };
    try {
      return this.segment.doorbells.listenOwn(this.slot.index, () => this.onRing(), onError);
    } catch (error) {
      this.warn(error);
      return undefined;
    }
  }

  /** Warns that nobody is woken, and why, once in a process for each reason. @throws an error that is no HermesError */
  private warn(error: unknown): void {
    if (!(error instanceof HermesError)) throw error;
    const { code = error.code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
    if (warnedOf.has(code)) return;
    warnedOf.add(code);
    process.emitWarning(
      `A participant of the segment ${this.segment.name} cannot be woken, and looks every 250 ms instead: ${message}`,
      { type: 'HermesWarning', code: 'HERMES_NOT_WOKEN' },
    );
  }

  private onRing(): void {
    if (this.naps.size === 0) return;
    this.word.wakeUp();
    this.lookAgain();
  }
}
