import { Writable } from 'node:stream';
import { checkKnown, checkWhole, type OptionNames } from '../checks.js';
import { checkSignal, onAbort } from '../os/abort.js';
import { WAIT_OPTIONS, type WaitOptions } from '../waiting/waiter.js';
import { streamError } from './stream-error.js';

export interface WritableOptions extends WaitOptions {
  /** Type of the messages, 1–239. Default 1. */
  readonly type?: number | undefined;
  /** Values that the stream buffers while there is no room. Default 256. */
  readonly highWaterMark?: number | undefined;
}

const WRITABLE_OPTIONS: OptionNames<WritableOptions> = { ...WAIT_OPTIONS, type: true, highWaterMark: true };

const DEFAULT_HIGH_WATER_MARK = 256;

/** A value of a producer; without a codec, text is taken as well as bytes. */
type Chunk<T> = [T] extends [Uint8Array] ? T | string : T;
type Written = (error?: Error | null) => void;

/** A Node stream in object mode that takes values of the producer's type. */
export interface MessageSink<T> extends Writable {
  write(value: Chunk<T>, callback?: Written): boolean;
  write(value: Chunk<T>, encoding: BufferEncoding, callback?: Written): boolean;
  end(callback?: () => void): this;
  end(value: Chunk<T>, callback?: () => void): this;
  end(value: Chunk<T>, encoding: BufferEncoding, callback?: () => void): this;
}

/** What the stream needs of its producer. */
interface Target<T> {
  readonly hasCodec: boolean;
  send(value: T, options: WritableOptions): Promise<number>;
}

/** A Node stream, each chunk of which becomes a message of a producer. */
export function writableOf<T>(producer: Target<T>, options: WritableOptions): MessageSink<T> {
  checkKnown('writable', options, WRITABLE_OPTIONS);
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
