import { checkKnown } from '../checks.js';
import { attachToLane, whileOpen } from '../membership/attachment.js';
import { LaneWriter } from '../ring/lane-writer.js';
import type { Segment } from '../segment/segment.js';
import type { WaitOptions } from '../waiting/waiter.js';
import { whenReady, whenReadyAsync } from './attach-when-ready.js';
import type { JsonCodec, JsonValue, ValueCodec } from './codec.js';
import { resolveParticipantOptions } from './participant-options.js';
import { pinned } from './pinning.js';
import { Producer } from './producer.js';
import { openInlineJournal } from './producer-journal.js';
import { PRODUCER_OPTIONS, type ProducerOptions } from './producer-options.js';

/**
 * Attaches to a segment as a producer of bytes. Takes a free lane or, at once, the lane of a producer that was killed, and continues
 * where that one ended. Blocks for some hundred microseconds or, with `waitMs`, until there is a segment and a lane.
 * @throws HermesError ERR_HERMES_SEGMENT_NOT_FOUND, _NO_FREE_LANE, _CORRUPT_SEGMENT, _INCOMPATIBLE_LAYOUT, _OTHER_BOOT, _REMOVED, _BUSY,
 *   _PERMISSION, _INVALID_OPTION
 */
export function attachProducer(name: string, options?: ProducerOptions): Producer;
/** The same for any value that JSON can write, or for values of one type: `attachProducer<Job>('jobs', { codec: 'json' })`. */
export function attachProducer<T = JsonValue>(name: string, options: ProducerOptions<T> & JsonCodec): Producer<T>;
/** The same for what the structured clone takes (`v8`), or for what a codec of your own encodes. */
export function attachProducer<T = unknown>(name: string, options: ProducerOptions<T> & ValueCodec<T>): Producer<T>;
export function attachProducer<T>(name: string, options: ProducerOptions<T> = {}): Producer<T> {
  return whenReady(options.waitMs, () => attachNow(name, options));
}

/**
 * The same without blocking the thread: resolves once there is a segment, and a lane. Keeps the process alive meanwhile.
 * @throws (rejects) the signal's reason; after `waitMs`, what attachProducer throws
 */
export function attachProducerAsync(name: string, options?: ProducerOptions & WaitOptions): Promise<Producer>;
/** The same for any value that JSON can write, or for values of one type. */
export function attachProducerAsync<T = JsonValue>(
  name: string,
  options: ProducerOptions<T> & JsonCodec & WaitOptions,
): Promise<Producer<T>>;
/** The same for what the structured clone takes (`v8`), or for what a codec of your own encodes. */
export function attachProducerAsync<T = unknown>(
  name: string,
  options: ProducerOptions<T> & ValueCodec<T> & WaitOptions,
): Promise<Producer<T>>;
export function attachProducerAsync<T>(
  name: string,
  { signal, ...options }: ProducerOptions<T> & WaitOptions = {},
): Promise<Producer<T>> {
  return whenReadyAsync({ waitMs: options.waitMs, signal }, () => attachNow(name, options));
}

function attachNow<T>(name: string, options: ProducerOptions<T>): Producer<T> {
  checkKnown('A producer', options, PRODUCER_OPTIONS);
  const resolved = resolveParticipantOptions(options);
  const journal = openInlineJournal(name, options);
  const joinJournal = ({ memory, header }: Segment, lane: number) => journal?.join(memory, lane, header.segmentId);
  try {
    return pinned(resolved.cpu, () => {
      const { segment, lane } = attachToLane(name, options, journal?.lanes, joinJournal);
      return whileOpen(segment, () => {
        const writer = new LaneWriter(segment.memory, lane, segment.doorbells.ringerOf(lane), journal);
        return new Producer<T>(segment, writer, resolved, journal);
      });
    });
  } catch (error) {
    journal?.close();
    throw error;
  }
}
