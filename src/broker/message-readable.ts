import { Readable } from 'node:stream';
import { HermesError } from '../errors.js';
import type { Message } from '../ring/message.js';
import type { IterationOptions } from './message-iteration.js';

export interface ReadableOptions extends IterationOptions {
  /** Values that the stream buffers: it reads no further ahead. Default 256. */
  readonly highWaterMark?: number | undefined;
}

const DEFAULT_HIGH_WATER_MARK = 256;

/** What the stream needs of its consumer. */
interface Source<T> {
  batches(limit: number, options: IterationOptions): AsyncIterableIterator<Message<T>[]>;
  acknowledge(): void;
}

/** The values of a consumer's messages as a Node stream, in batches of what it wants to buffer. */
export function readableOf<T>(consumer: Source<T>, options: ReadableOptions): Readable {
  const { highWaterMark = DEFAULT_HIGH_WATER_MARK, drain, signal } = options;
  const ended = new AbortController();
  // One after the other, also when a listener reads while a batch is being pushed: acknowledged is what was pushed.
  let pushed: Promise<void> = Promise.resolve();
  const batches = consumer.batches(highWaterMark, { drain, signal: ended.signal });

  async function pushNext(): Promise<void> {
    const { done, value: batch } = await batches.next();
    if (done === true) {
      stream.push(null);
      return;
    }
    if (stream.destroyed) return;
    for (const message of batch) stream.push(streamable(message.value));
    consumer.acknowledge();
  }

  /** A listener may have detached the consumer. */
  function end(error: HermesError): void {
    if (error.code === 'ERR_HERMES_DETACHED') stream.push(null);
    else stream.destroy(error);
  }

  const stream = new Readable({
    objectMode: true,
    highWaterMark,
    read() {
      pushed = pushed.then(pushNext).catch(end);
    },
    destroy(error, callback) {
      ended.abort();
      batches.return!().then(() => callback(error), callback);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  return stream;
}

function streamable(value: unknown): unknown {
  if (value !== null && value !== undefined) return value;
  throw new HermesError(
    'ERR_HERMES_INVALID_STATE',
    `A message's value is ${value}, which ends a Node stream: iterate over the consumer instead`,
  );
}
