import { checkFlags, checkLimit, type OptionNames } from '../checks.js';
import { hideFields } from '../hidden-fields.js';
import { checkSignal, throwIfAborted } from '../os/abort.js';
import { AsyncIteration } from '../os/async-iteration.js';
import type { Message, MessageHandler } from '../ring/message.js';
import { WAIT_OPTIONS, type Waiter, type WaitOptions } from '../waiting/waiter.js';
import type { MemberReader } from './member-reader.js';
import { MessageCopier } from './message-copier.js';

/** How an iteration goes on and ends. */
export interface IterationOptions extends WaitOptions {
  /** Ends once a producer was attached, none is attached any more, and everything is read. Default false: it does not end by itself. */
  readonly drain?: boolean | undefined;
}

export const ITERATION_OPTIONS: OptionNames<IterationOptions> = { ...WAIT_OPTIONS, drain: true };

/** What an iteration needs of its consumer. */
export interface Iterated<T> {
  readonly reader: MemberReader;
  readonly waiter: Waiter;
  readonly decode: (payload: Buffer) => T;
}

/**
 * Asks a consumer for one item after the other. An item is acknowledged when the next one is asked for. If the loop is left, or
 * throws, its last item is not acknowledged.
 */
abstract class Iteration<T, Item> extends AsyncIteration<Item> {
  protected readonly copier: MessageCopier<T>;
  private readonly reader: MemberReader;
  private readonly waiter: Waiter;
  private readonly signal: AbortSignal | undefined;
  private readonly drains: boolean;
  private readonly keepMessage = ((message: Message<T>): void => this.keep(message)) as MessageHandler<unknown>;
  private isBegun = false;
  /** An error that came behind messages; they are handed out first. */
  private failure: { readonly error: unknown } | undefined;

  /** @throws HermesError ERR_HERMES_INVALID_OPTION */
  constructor(
    { reader, waiter, decode }: Iterated<T>,
    /** The most messages that are read at a time. */
    private readonly limit: number,
    options: IterationOptions,
  ) {
    checkLimit('limit', limit, 1);
    checkSignal(options.signal);
    checkFlags(options, 'drain');
    super(waiter.turns);
    this.reader = reader;
    this.waiter = waiter;
    this.signal = options.signal;
    this.drains = options.drain ?? false;
    this.copier = new MessageCopier(decode);
    hideFields(this);
  }

  /** Keeps a copy of a message that was read. */
  protected abstract keep(message: Message<T>): void;

  /** Returns what was kept since the last call; undefined if nothing was. */
  protected abstract takeKept(): Item | undefined;

  protected override take(): Item | undefined {
    const { reader } = this;
    if (reader.isClosed) return undefined;
    throwIfAborted(this.signal);
    if (!this.isBegun) reader.beginIteration();
    this.isBegun = true;
    reader.acknowledge();
    if (this.failure !== undefined) throw this.failure.error;
    try {
      reader.read(this.keepMessage, this.limit, false);
    } catch (error) {
      this.failure = { error };
    }
    const item = this.takeKept();
    if (item === undefined && this.failure !== undefined) throw this.failure.error;
    return item;
  }

  protected override async wait(): Promise<boolean> {
    const { reader, waiter, drains, signal } = this;
    if (reader.isClosed || (drains && reader.isDrained())) return false;
    try {
      return await waiter.wait(() => this.hasEnded || reader.mayRead() || (drains && reader.seemsDrained()), {
        signal,
      });
    } catch (error) {
      if (waiter.isClosedBy(error)) return false;
      throw error;
    }
  }

  protected override close(): void {
    if (this.isBegun) this.reader.endIteration();
    this.waiter.wake(); // a call may still wait for the next one
  }
}

/** Gives one message after the other. This fits a work queue, in which each message is taken by itself. */
export class MessageIterator<T> extends Iteration<T, Message<T>> {
  #kept: Message<T> | undefined;

  constructor(iterated: Iterated<T>, options: IterationOptions) {
    super(iterated, 1, options);
  }

  protected override keep(message: Message<T>): void {
    this.#kept = this.copier.copy(message);
  }

  protected override takeKept(): Message<T> | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept;
  }
}

/** Gives as many messages as there are, up to a limit, at a time. */
export class BatchIterator<T> extends Iteration<T, Message<T>[]> {
  #kept: Message<T>[] = [];

  protected override keep(message: Message<T>): void {
    this.#kept.push(this.copier.copy(message));
  }

  protected override takeKept(): Message<T>[] | undefined {
    const kept = this.#kept;
    if (kept.length === 0) return undefined;
    this.#kept = [];
    return kept;
  }
}
