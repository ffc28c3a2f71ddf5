import type { Turns } from './turns.js';

/**
 * An iteration of things that are there already or come later. Calls of `next` are answered in order, and the event loop gets a turn
 * when one is due. After the end, whatever ended it, `next` finds nothing, so no call waits for ever.
 */
export abstract class AsyncIteration<Item> implements AsyncIterableIterator<Item> {
  private isOver = false;
  /** Calls of `next` that wait, and the last one of them. */
  private waiting = 0;
  private last: Promise<unknown> | undefined;

  constructor(private readonly turns: Turns) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** A promise, and no turn of the event loop while there is something and the loop had its turn lately. */
  next(): Promise<IteratorResult<Item, undefined>> {
    if (!this.isOver && this.waiting === 0 && !this.turns.isDue) {
      try {
        const item = this.take();
        if (item !== undefined) return Promise.resolve({ done: false, value: item });
      } catch (error) {
        this.end();
        return Promise.reject(error);
      }
    }
    const found = this.find(this.last);
    this.last = found;
    return found;
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<Item, undefined>> {
    this.end();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }

  /** True once it has ended, from outside or by itself. */
  protected get hasEnded(): boolean {
    return this.isOver;
  }

  /** The thing that is there now, or undefined. If it throws, the iteration ends with that error. */
  protected abstract take(): Item | undefined;

  /** Resolves when it is time to take again; resolves with false when nothing more comes. */
  protected abstract wait(): Promise<boolean>;

  /** Called once, at the end: releases what the iteration holds. */
  protected abstract close(): void;

  private async find(earlier: Promise<unknown> | undefined): Promise<IteratorResult<Item, undefined>> {
    this.waiting++;
    try {
      if (earlier !== undefined) await earlier.catch(() => {});
      if (this.turns.isDue) await this.turns.take();
      while (!this.isOver) {
        const item = this.take();
        if (item !== undefined) return { done: false, value: item };
        if (!(await this.wait())) this.end();
      }
      return { done: true, value: undefined };
    } catch (error) {
      this.end();
      throw error;
    } finally {
      if (--this.waiting === 0) this.last = undefined;
    }
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.close();
  }
}
