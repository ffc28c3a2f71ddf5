import type { Turns } from './turns.js';

/**
 * An iteration of things that may be there already, or not yet. Calls of `next` are answered in order, a turn of the event loop
 * comes when it is due, and nothing begins that would not end: after the end, whatever ended it, `next` finds nothing.
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

  /** True once it was ended, from outside or by itself. */
  protected get hasEnded(): boolean {
    return this.isOver;
  }

  /** What is there now, or undefined. What it throws ends the iteration. */
  protected abstract take(): Item | undefined;

  /** Resolves when it is time to take again: with false when nothing more comes. */
  protected abstract wait(): Promise<boolean>;

  /** Called once, at the end: lets go of what was taken hold of. */
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
