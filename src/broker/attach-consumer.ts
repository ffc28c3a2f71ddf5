import { whenReady, whenReadyAsync } from './attach-when-ready.js';
import { attach } from './attachment.js';
import { Consumer } from './consumer.js';
import { type ConsumerOptions, resolveConsumerOptions } from './consumer-options.js';
import { enterGroup } from './membership.js';
import { resolveParticipantOptions } from './participant-options.js';
import { NO_SLOT, reap } from './reap.js';
import type { WaitOptions } from './waiter.js';

/**
 * Attaches to a segment as a member of a group, which is created, ephemeral unless `durable`, if there is none of that name. Blocks for
 * some hundred microseconds, or, with `waitMs`, until there is a segment and a place in it. @throws HermesError ERR_HERMES_SEGMENT_NOT_FOUND, _NO_FREE_MEMBER, _NO_FREE_GROUP,
 * _INVALID_OPTION, _INVALID_NAME, _CORRUPT_SEGMENT, _INCOMPATIBLE_LAYOUT, _OTHER_BOOT, _REMOVED, _BUSY, _PERMISSION
 */
export function attachConsumer<T = Buffer>(name: string, options: ConsumerOptions<T> = {}): Consumer<T> {
  return whenReady(options.waitMs, () => attachNow(name, options));
}

/**
 * The same without blocking the thread: resolves once there is a segment, and a place in it. Keeps the process alive meanwhile.
 * @throws (rejects) the signal's reason; after `waitMs`, what attachConsumer throws
 */
export function attachConsumerAsync<T = Buffer>(
  name: string,
  options: ConsumerOptions<T> & WaitOptions = {},
): Promise<Consumer<T>> {
  return whenReadyAsync(options, () => attachNow(name, options));
}

function attachNow<T>(name: string, options: ConsumerOptions<T>): Consumer<T> {
  const request = resolveConsumerOptions(options);
  const resolved = resolveParticipantOptions(options);
  const { taken } = attach(name, options, (segment) => {
    reap(segment, NO_SLOT); // an ephemeral group whose members have died has ended
    return new Consumer<T>(segment, enterGroup(segment, request), resolved);
  });
  return taken;
}
