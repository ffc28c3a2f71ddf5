import fs from 'node:fs';
import net from 'node:net';
import { awaitByte } from '../os/fifo.js';
import { systemError } from '../os/system-error.js';
import { SleepWord } from '../ring/sleep-word.js';
import type { Slot } from './participants.js';
import type { Segment } from './segment.js';

/** Milliseconds that a thread is blocked at a time: a worker thread cannot be terminated meanwhile. */
const BLOCK_MS = 250;

/** Somebody who sleeps until `look` says true, which it must tell from shared memory alone; then, or with what that throws, `wake` is called. */
export interface Nap {
  look(): boolean;
  wake(error?: unknown): void;
}

/**
 * A participant's own doorbell. Whoever sleeps here costs nothing until a ringer writes a byte into the participant's FIFO: it
 * wakes the event loop through epoll, with no thread. The order of the steps is that of `doorbell.pml`.
 */
export class Sleeper {
  private readonly word: SleepWord;
  private readonly naps: Set<Nap> = new Set();
  private socket: net.Socket | undefined;
  /** For blocking: the socket's descriptor is the event loop's. */
  private fd: number | undefined;
  private holdsProcess = true;
  private isRef = false;

  constructor(
    private readonly segment: Segment,
    private readonly slot: Slot,
    bellOffset: number,
  ) {
    this.word = new SleepWord(segment.memory, slot.index, bellOffset);
    this.word.wakeUp(); // a predecessor may have died asleep
  }

  /** To be called before `add`. @throws HermesError when the FIFO cannot be opened */
  open(): void {
    this.socket ??= this.openSocket();
  }

  /** From now on `nap` sleeps, unless there is something for it already. Keeps the process alive, unless that was told otherwise. */
  add(nap: Nap): void {
    this.naps.add(nap);
    if (this.holdsProcess) this.setRef(true);
    this.sleepOn();
  }

  /** Nothing more is done for `nap`. */
  remove(nap: Nap): void {
    if (this.naps.delete(nap)) this.restIfAlone();
  }

  /** Blocks the thread until `look` says true: then true. False when `endMs` (of `performance.now()`) comes first. */
  sleepBlocking(look: () => boolean, endMs: number, onTick: () => void): boolean {
    this.fd ??= this.segment.doorbells.openOwn(this.slot.index);
    try {
      for (;;) {
        if (look()) return true;
        this.word.goToSleep();
        if (look()) return true;
        const leftMs = endMs - performance.now();
        if (leftMs <= 0) return false;
        awaitByte(this.fd, Math.min(leftMs, BLOCK_MS));
        this.word.wakeUp();
        onTick();
      }
    } finally {
      this.lookAgain(); // who sleeps here besides may have missed the byte
    }
  }

  /** To be called now and then: what the dead owed, and what could not be rung, is found by looking. */
  tick(): void {
    if (this.naps.size === 0) {
      this.setRef(false);
      return;
    }
    this.word.wakeUp(); // so that it is counted anew
    this.lookAgain();
  }

  /** While somebody sleeps here the process stays alive, or not. */
  hold(holdsProcess: boolean): void {
    this.holdsProcess = holdsProcess;
    this.setRef(holdsProcess && this.naps.size > 0);
  }

  /** Wakes everybody with an error, and ends. */
  close(error: unknown): void {
    for (const nap of this.naps) this.end(nap, error);
    this.restIfAlone();
    this.socket?.destroy();
    if (this.fd !== undefined) fs.closeSync(this.fd);
  }

  /** Wakes those who have something now; the others sleep on. */
  private lookAgain(): void {
    this.wakeReady();
    this.sleepOn();
  }

  /** Lets the participant be rung for those who are left, and looks once more. */
  private sleepOn(): void {
    if (this.naps.size > 0) {
      this.word.goToSleep();
      this.wakeReady();
    }
    this.restIfAlone();
  }

  private wakeReady(): void {
    for (const nap of this.naps) {
      try {
        if (nap.look()) this.end(nap);
      } catch (error) {
        this.end(nap, error);
      }
    }
  }

  private end(nap: Nap, error?: unknown): void {
    if (this.naps.delete(nap)) nap.wake(error);
  }

  /** Nobody rings where nobody sleeps. */
  private restIfAlone(): void {
    if (this.naps.size === 0) this.word.wakeUp();
  }

  /** Whether the socket keeps the process alive. Two calls a sleep would cost more than the sleep's own steps: it is let go by the next tick. */
  private setRef(isRef: boolean): void {
    if (this.socket === undefined || isRef === this.isRef) return;
    this.isRef = isRef;
    if (isRef) this.socket.ref();
    else this.socket.unref();
  }

  private openSocket(): net.Socket {
    const fd = this.segment.doorbells.openOwn(this.slot.index);
    const onread = { buffer: new Uint8Array(64), callback: () => this.onRing() };
    const socket = new net.Socket({ fd, writable: false, onread } as net.SocketConstructorOpts);
    socket.unref();
    this.isRef = false; // until somebody sleeps who is to hold the process
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.socket = undefined;
      for (const nap of this.naps)
        this.end(nap, systemError('read', 'the FIFO of a sleeper', error.code ?? 'EIO', error));
    });
    return socket;
  }

  private onRing(): boolean {
    if (this.naps.size > 0) {
      this.word.wakeUp();
      this.lookAgain();
    }
    return true;
  }
}
