import { addAbortSignal, Readable } from 'node:stream';
import { checkKnown, checkWhole, type OptionNames } from '../checks.js';
import { HermesError } from '../errors.js';
import { checkSignal, onAbort } from '../os/abort.js';
import { BatchIterator, ITERATION_OPTIONS, type Iterated, type IterationOptions } from './message-iteration.js';
import { streamError } from './stream-error.js';

export interface ReadableOptions extends IterationOptions {
  /** The most values that the stream buffers: it reads no further ahead. 0: it reads a value when it is asked for one. Default 256. */
  readonly highWaterMark?: number | undefined;
}

const READABLE_OPTIONS: OptionNames<ReadableOptions> = { ...ITERATION_OPTIONS, highWaterMark: true };

const DEFAULT_HIGH_WATER_MARK = 256;

/** A Node stream in object mode; `for await` over it gives values of the consumer's type. */
export type MessageStream<T> = AsyncIterable<T> & Readable;

/**
 * The values of a consumer's messages, read in batches as large as the stream's buffer, each when that is empty.
 * @throws HermesError ERR_HERMES_INVALID_OPTION
 */
export function readableOf<T>(consumer: Iterated<T>, options: ReadableOptions): MessageStream<T> {
  checkKnown('readable', options, READABLE_OPTIONS);
  const { highWaterMark = DEFAULT_HIGH_WATER_MARK, drain, signal } = options;
  checkWhole('highWaterMark', highWaterMark, 0);
  checkSignal(signal);
  const ended = new AbortController();
  const forget = onAbort(signal, () => ended.abort(signal?.reason));
  if (signal?.aborted === true) ended.abort(signal.reason);
  const batches = new BatchIterator<T>(consumer, Math.max(1, highWaterMark), { drain, signal: ended.signal });
  return addAbortSignal(ended.signal, new MessageReadable(consumer, batches, highWaterMark, ended, forget));
}

class MessageReadable<T> extends Readable {
  /** Node has asked for more since the last value was pushed. It may ask during the push. */
  #isWanted = false;
  #isReading = false;
  // A private field of the language: printing the stream must not show the whole segment.
  readonly #consumer: Iterated<T>;
  readonly #batches: BatchIterator<T>;
  readonly #ended: AbortController;
  readonly #forget: () => void;

  constructor(
    consumer: Iterated<T>,
    batches: BatchIterator<T>,
    highWaterMark: number,
    ended: AbortController,
    forget: () => void,
  ) {
    super({ objectMode: true, highWaterMark });
    this.#consumer = consumer;
    this.#batches = batches;
    this.#ended = ended;
    this.#forget = forget;
  }

  override read(size?: number): unknown {
    const value = super.read(size);
    if (this.isReadingDue) void this.readOn();
    return value;
  }

  override _read(): void {
    this.#isWanted = true;
    if (this.isReadingDue) void this.readOn();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#forget();
    this.#ended.abort();
    this.#batches.return().then(() => callback(error), callback);
  }

  /**
   * Node asks as soon as there is room for one value. Reading one at a time would cost a promise and an acknowledgement each. Reading more
   * than fits would lose the rest with the process.
   */
  private get isReadingDue(): boolean {
    return this.#isWanted && !this.#isReading && this.readableLength === 0;
  }

  private async readOn(): Promise<void> {
    try {
      while (this.isReadingDue && !this.destroyed) {
        this.#isReading = true;
        await this.pushNext();
        this.#isReading = false;
      }
    } catch (error) {
      this.destroy(streamError(error));
    }
  }

  private async pushNext(): Promise<void> {
    const { done, value: batch } = await this.#batches.next();
    for (const message of batch ?? []) {
      if (this.destroyed) return; // what was not pushed is delivered again
      const value = streamable(message.value);
      this.#isWanted = false;
      this.push(value);
    }
    const { reader } = this.#consumer;
    if (done !== true && !reader.isClosed) reader.acknowledge(); // a listener may have detached the consumer
    if (done !== true) return;
    this.#isWanted = false;
    this.push(null);
  }
}

function streamable(value: unknown): unknown {
  if (value !== null && value !== undefined) return value;
  throw new HermesError(
    'ERR_HERMES_INVALID_STATE',
    `A message's value is ${value}, which ends a Node stream: iterate over the consumer instead`,
  );
}
