import { attachConsumer, attachProducer, type Message } from 'hermes-ipc';

/** What the measuring processes need of a ring in shared memory, whoever made it. */
export interface RingWriter {
  /** False when there is no room. */
  offer(payload: Uint8Array): boolean;
  /** How many there was room for; they are published together. */
  offerBatch(payloads: readonly Uint8Array[]): number;
  /** Room for `count` messages of `length` bytes, to be written in place and published together; null when there is none. */
  claim?(length: number, count: number): ClaimedRoom | null;
}

interface ClaimedRoom {
  readonly buffer: Buffer;
  /** Of the first payload, and bytes from one to the next. */
  readonly offset: number;
  readonly stride: number;
  commit(): void;
}

export type HandleRecord = (buffer: Buffer, offset: number, length: number) => void;

interface RingReader {
  /** Hands over up to `limit` messages. How many. */
  poll(limit: number): number;
  /** Sleeps until there may be a message; a ring that cannot, or was not asked to, is polled all the time. */
  sleep?(): Promise<unknown>;
}

export interface Ring {
  writer(name: string): RingWriter;
  /** The handler is fixed: a closure for each poll would be measured with it. */
  reader(name: string, handle: HandleRecord): RingReader;
}

/** Hermes by its public API. `idle` is what a reader does while there is nothing to read; a writer spins. */
export function hermesRing(directory: string, idle: 'spin' | 'doorbell'): Ring {
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
      const consumer = attachConsumer(name, { directory, idle });
      const onMessage = (message: Message) => handle(message.buffer, message.offset, message.length);
      const poll = (limit: number) => consumer.poll(onMessage, limit);
      return idle === 'spin' ? { poll } : { poll, sleep: () => consumer.waitAsync() };
    },
  };
}
