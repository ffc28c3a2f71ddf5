import { attachToGroup } from '../membership/attachment.js';
import type { WaitOptions } from '../waiting/waiter.js';
import { whenReady, whenReadyAsync } from './attach-when-ready.js';
import type { ValueCodec } from './codec.js';
import { Consumer } from './consumer.js';
import { type ConsumerOptions, resolveConsumerOptions } from './consumer-options.js';
import { resolveParticipantOptions } from './participant-options.js';
import { pinned } from './pinning.js';

/**
 * Attaches to a segment as a member of a group. If there is no group of that name, it is created: ephemeral, unless you ask for
 * `durable`. Blocks for some hundred microseconds or, with `waitMs`, until there is a segment and a place in it. Without a codec, a
 * message's value is its payload.
 * @throws HermesError ERR_HERMES_SEGMENT_NOT_FOUND, _NO_FREE_MEMBER, _NO_FREE_GROUP, _INVALID_OPTION, _INVALID_NAME, _CORRUPT_SEGMENT,
 *   _INCOMPATIBLE_LAYOUT, _OTHER_BOOT, _REMOVED, _BUSY, _PERMISSION
 */
export function attachConsumer(name: string, options?: ConsumerOptions): Consumer;
/**
 * The same with a codec, which makes a value of each payload: `attachConsumer<Job>('jobs', { codec: 'json' })`. With a codec of your own,
 * `T` is what it decodes; with `json` and `v8` it is what you declare; nothing checks it.
 */
export function attachConsumer<T = unknown>(name: string, options: ConsumerOptions<T> & ValueCodec<T>): Consumer<T>;
export function attachConsumer<T>(name: string, options: ConsumerOptions<T> = {}): Consumer<T> {
  return whenReady(options.waitMs, () => attachNow(name, options));
}

/**
 * The same without blocking the thread: resolves once there is a segment, and a place in it. Keeps the process alive meanwhile.
 * @throws (rejects) the signal's reason; after `waitMs`, what attachConsumer throws
 */
export function attachConsumerAsync(name: string, options?: ConsumerOptions & WaitOptions): Promise<Consumer>;
/** The same with a codec. */
export function attachConsumerAsync<T = unknown>(
  name: string,
  options: ConsumerOptions<T> & ValueCodec<T> & WaitOptions,
): Promise<Consumer<T>>;
export function attachConsumerAsync<T>(
  name: string,
  { signal, ...options }: ConsumerOptions<T> & WaitOptions = {},
): Promise<Consumer<T>> {
  return whenReadyAsync({ waitMs: options.waitMs, signal }, () => attachNow(name, options));
}

function attachNow<T>(name: string, options: ConsumerOptions<T>): Consumer<T> {
  const request = resolveConsumerOptions(options);
  const resolved = resolveParticipantOptions(options);
  return pinned(resolved.cpu, () =>
    attachToGroup(name, options, request, (segment, membership) => new Consumer<T>(segment, membership, resolved)),
  );
}
