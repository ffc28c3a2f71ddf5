import { onTestFinished } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  type Consumer,
  type ConsumerOptions,
  type CreateOptions,
  createSegment,
  type ParticipantOptions,
  type Producer,
  type ValueCodec,
} from '../../src/index.js';
import { SEGMENT_NAME, SMALL } from './raw-segment.js';
import { scratchDirectory } from './scratch.js';

export interface AttachedPair<Sent = Uint8Array, Received = Buffer> {
  readonly directory: string;
  readonly producer: Producer<Sent>;
  readonly consumer: Consumer<Received>;
}

/** The caller of a pair must give a codec, unless values are bytes. */
type Coded<T> = ParticipantOptions<T> & ValueCodec<T>;

/** A small new segment with a producer and a consumer in this process, which detach when the test has finished. */
export function attachedPair<Sent = Uint8Array, Received = Buffer>(
  create: CreateOptions = {},
  consuming: ConsumerOptions<Received> = {},
  producing: ParticipantOptions<Sent> = {},
): AttachedPair<Sent, Received> {
  const directory = scratchDirectory();
  createSegment(SEGMENT_NAME, { ...SMALL, maxGroups: 2, ...create, directory });
  const producer = attachProducer<Sent>(SEGMENT_NAME, { ...(producing as Coded<Sent>), directory });
  const consumer = attachConsumer<Received>(SEGMENT_NAME, { ...(consuming as Coded<Received>), directory });
  onTestFinished(() => {
    producer.detach();
    consumer.detach();
  });
  return { directory, producer, consumer };
}

/** Offers messages of one byte each, or of `length` bytes of which the first is the number. */
export function offerNumbers(producer: Producer, from: number, count: number, length = 1): void {
  for (let i = from; i < from + count; i++) {
    const payload = Buffer.alloc(length);
    payload[0] = i;
    if (producer.offer(payload) < 0) throw new Error(`there is no room for message ${i}`);
  }
}

/** Offers until there is no room for a message of that length. Returns how many were accepted. */
export function fillLane(producer: Producer, length = 1000): number {
  const payload = Buffer.alloc(length);
  let count = 0;
  while (producer.offer(payload) >= 0) count++;
  return count;
}
