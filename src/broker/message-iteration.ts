import type { HermesError } from '../errors.js';
import type { Message, MessageHandler } from '../ring/message.js';
import { MessageCopier } from '../ring/message-copier.js';
import type { MemberReader } from './member-reader.js';
import type { Waiter, WaitOptions } from './waiter.js';

/** How an iteration goes on and ends. */
export interface IterationOptions extends WaitOptions {
  /** End once a producer has been attached, now or earlier, none is any more, and all is read. Default false: no end. */
  readonly drain?: boolean | undefined;
}

/** What an iteration needs of its consumer. */
export interface Iterated<T> {
  readonly reader: MemberReader;
  readonly waiter: Waiter;
  readonly decode: (payload: Buffer) => T;
}

/**
 * Asks a consumer for one thing after the other. What was handed out is acknowledged when the next is asked for; whoever leaves
 * the loop, or fails in it, has not acknowledged the last.
 */
abstract class Iteration<T, Item> implements AsyncIterableIterator<Item> {
  protected readonly copier: MessageCopier<T>;
  private readonly reader: MemberReader;
  private readonly waiter: Waiter;
  private readonly keepMessage = ((message: Message<T>): void => this.keep(message)) as MessageHandler<unknown>;
  private isBegun = false;
  private isOver = false;
  /** Came behind messages that are handed out first. */
  private failure: unknown;

  constructor(
    { reader, waiter, decode }: Iterated<T>,
    private readonly limit: number,
    private readonly options: IterationOptions,
  ) {
    this.reader = reader;
    this.waiter = waiter;
    this.copier = new MessageCopier(decode);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** A promise, and no turn of the event loop while there is something and the loop had its turn lately. */
  next(): Promise<IteratorResult<Item>> {
    const isUsual = this.isBegun && !this.isOver && !this.reader.isClosed && this.options.signal?.aborted !== true;
    if (!isUsual || this.waiter.isTurnDue) return this.nextInTurn();
    try {
      const item = this.take();
      return item === undefined ? this.nextInTurn() : Promise.resolve({ done: false, value: item });
    } catch (error) {
      this.end();
      return Promise.reject(error);
    }
  }

  async return(): Promise<IteratorResult<Item>> {
    this.end();
    this.waiter.wake(); // who still waits for the next one
    return { done: true, value: undefined };
  }

  /** Keeps a copy of a message that was read. */
  protected abstract keep(message: Message<T>): void;

  /** What was kept since the last time; undefined when it is nothing. */
  protected abstract takeKept(): Item | undefined;

  private async nextInTurn(): Promise<IteratorResult<Item>> {
    const { reader, waiter, options } = this;
    const drains = options.drain === true;
    try {
      this.begin();
      while (!this.isOver && !reader.isClosed) {
        if (waiter.isTurnDue) await waiter.turn();
        options.signal?.throwIfAborted();
        const item = this.take();
        if (item !== undefined) return { done: false, value: item };
        if (drains && reader.isDrained()) break;
        await waiter.wait(() => this.isOver || reader.hasNews() || (drains && reader.seemsDrained()), options);
      }
    } catch (error) {
      this.end();
      if ((error as HermesError).code !== 'ERR_HERMES_DETACHED') throw error;
    }
    return this.return();
  }

  private take(): Item | undefined {
    this.reader.acknowledge();
    if (this.failure !== undefined) throw this.failure;
    try {
      this.reader.read(this.keepMessage, this.limit, false);
    } catch (error) {
      this.failure = error;
    }
    const item = this.takeKept();
    if (item === undefined && this.failure !== undefined) throw this.failure;
    return item;
  }

  private begin(): void {
    if (this.isBegun) return;
    this.reader.beginIteration();
    this.isBegun = true;
  }

  private end(): void {
    if (this.isBegun && !this.isOver) this.reader.endIteration();
    this.isOver = true;
  }
}

/** One message after the other: as fits a work queue, in which every message is claimed for itself. */
export class MessageIterator<T> extends Iteration<T, Message<T>> {
  private kept: Message<T> | undefined;

  constructor(iterated: Iterated<T>) {
    super(iterated, 1, {});
  }

  protected override keep(message: Message<T>): void {
    this.kept = this.copier.copy(message);
  }

  protected override takeKept(): Message<T> | undefined {
    const { kept } = this;
    this.kept = undefined;
    return kept;
  }
}

/** As many as there are, up to a limit, at a time. */
export class BatchIterator<T> extends Iteration<T, Message<T>[]> {
  private kept: Message<T>[] = [];

  protected override keep(message: Message<T>): void {
    this.kept.push(this.copier.copy(message));
  }

  protected override takeKept(): Message<T>[] | undefined {
    const { kept } = this;
    if (kept.length === 0) return undefined;
    this.kept = [];
    return kept;
  }
}
