import { attachConsumer, attachProducer, type Message } from '../../src/index.js';
import type { Ring } from './ring.js';

/** Hermes by its public API. */
export function hermesRing(directory: string): Ring {
  return {
    writer(name) {
      const producer = attachProducer(name, { directory });
      return {
        offer: (payload) => producer.offer(payload) >= 0,
        offerBatch: (payloads) => producer.offerBatch(payloads),
        claim: (length, count) => producer.tryClaim(length, undefined, count),
      };
    },
    reader(name, handle) {
      const consumer = attachConsumer(name, { directory });
      const onMessage = (message: Message) => handle(message.buffer, message.offset, message.length);
      return (limit) => consumer.poll(onMessage, limit);
    },
  };
}
