import { Writable } from 'node:stream';
import { checkWhole } from '../checks.js';
import { checkSignal, onAbort } from '../os/abort.js';
import { streamError } from './stream-error.js';
import type { WaitOptions } from './waiter.js';

export interface WritableOptions extends WaitOptions {
  /** Type of the messages, 1–239. Default 1. */
  readonly type?: number | undefined;
  /** Values that the stream buffers while there is no room. Default 256. */
  readonly highWaterMark?: number | undefined;
}

const DEFAULT_HIGH_WATER_MARK = 256;

/** What the stream needs of its producer. */
interface Target<T> {
  readonly hasCodec: boolean;
  send(value: T, options: WritableOptions): Promise<number>;
}

/** A Node stream, each chunk of which becomes a message of a producer. */
export function writableOf<T>(producer: Target<T>, options: WritableOptions): Writable {
  const { highWaterMark = DEFAULT_HIGH_WATER_MARK, type, signal } = options;
  checkWhole('highWaterMark', highWaterMark, 0);
  checkSignal(signal);
  const ended = new AbortController();
  const forget = onAbort(signal, () => ended.abort(signal?.reason));
  if (signal?.aborted === true) ended.abort(signal.reason);
  return new Writable({
    objectMode: true,
    highWaterMark,
    signal: ended.signal,
    write(chunk, encoding, callback) {
      const value = typeof chunk === 'string' && !producer.hasCodec ? Buffer.from(chunk, encoding) : chunk;
      producer.send(value, { type, signal: ended.signal }).then(
        () => callback(),
        (error) => callback(streamError(error)),
      );
    },
    destroy(error, callback) {
      forget();
      ended.abort();
      callback(error);
    },
  });
}
