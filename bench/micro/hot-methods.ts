import { attachConsumer, attachProducer, type CreateOptions, createSegment, type Message } from '../../src/index.js';
import { RECORD_MAGIC, recordKind } from '../../src/layout/record.js';
import { storeTime } from '../../src/ring/clock.js';
import { crc32OfRecord } from '../../src/ring/crc32.js';

const PAYLOAD_LENGTH = 64;
/** Less than a lane holds. */
const MESSAGE_COUNT = 8192;
const ENCODE_BATCH_COUNT = 256;

/** Prepares a method; each call then gives the nanoseconds of one operation, as the mean of a round of some thousand. */
type Prepare = (directory: string) => () => number;

export type HotMethod =
  | 'encode'
  | 'encode-crc'
  | 'offer'
  | 'claim-commit'
  | 'poll'
  | 'poll-singly'
  | 'poll-and-decode'
  | 'crc'
  | 'clock';

export const HOT_METHODS: Readonly<Record<HotMethod, Prepare>> = {
  encode: (directory) => encoding(directory, false),
  'encode-crc': (directory) => encoding(directory, true),
  offer(directory) {
    const { producer, drain } = ends(directory);
    const payload = Buffer.alloc(PAYLOAD_LENGTH, 1);
    return () => {
      const startNs = process.hrtime.bigint();
      for (let i = 0; i < MESSAGE_COUNT; i++) producer.offer(payload);
      return since(startNs, drain);
    };
  },
  'claim-commit'(directory) {
    const { producer, drain } = ends(directory);
    return () => {
      const startNs = process.hrtime.bigint();
      for (let i = 0; i < MESSAGE_COUNT; i++) {
        const claim = producer.tryClaim(PAYLOAD_LENGTH)!;
        claim.buffer[claim.offset] = 1;
        claim.commit();
      }
      return since(startNs, drain);
    };
  },
  poll: (directory) => polling(directory, () => {}, MESSAGE_COUNT),
  'poll-singly': (directory) => polling(directory, () => {}, 1),
  'poll-and-decode': (directory) => {
    let sum = 0;
    const decode = ({ buffer, offset, length, type }: Message) => {
      sum = (sum + length + type + buffer[offset]!) | 0;
    };
    return polling(directory, decode, MESSAGE_COUNT);
  },
  crc() {
    const buffer = new ArrayBuffer(4096);
    const [words, bytes] = [new Int32Array(buffer), new Uint8Array(buffer)];
    words.set([RECORD_MAGIC, recordKind(0, true), 7, 0, 0x1234_5678, 0x1765_4321, PAYLOAD_LENGTH]);
    return () => {
      let sum = 0;
      const startNs = process.hrtime.bigint();
      for (let i = 0; i < MESSAGE_COUNT; i++) {
        words[2] = i; // the sequence: no two are alike
        sum ^= crc32OfRecord(words, bytes, 0, PAYLOAD_LENGTH);
      }
      const elapsedNs = since(startNs, () => {});
      words[2] = sum; // so that it is computed
      return elapsedNs;
    };
  },
  clock() {
    const times = new BigInt64Array(1);
    return () => {
      const startNs = process.hrtime.bigint();
      for (let i = 0; i < MESSAGE_COUNT; i++) storeTime(times, 0, 1n);
      return since(startNs, () => {});
    };
  },
};

/** `offerBatch` of many: check, copy and header of each, and next to nothing of the publication. */
function encoding(directory: string, checksum: boolean): () => number {
  const { producer, drain } = ends(directory, { checksum });
  const batch = Array.from({ length: ENCODE_BATCH_COUNT }, () => Buffer.alloc(PAYLOAD_LENGTH, 1));
  return () => {
    const startNs = process.hrtime.bigint();
    for (let i = 0; i < MESSAGE_COUNT; i += ENCODE_BATCH_COUNT) producer.offerBatch(batch);
    return since(startNs, drain);
  };
}

function polling(directory: string, handler: (message: Message) => void, limit: number): () => number {
  const { producer, consumer } = ends(directory);
  const batch = Array.from({ length: ENCODE_BATCH_COUNT }, () => Buffer.alloc(PAYLOAD_LENGTH, 1));
  return () => {
    for (let i = 0; i < MESSAGE_COUNT; i += ENCODE_BATCH_COUNT) producer.offerBatch(batch);
    const startNs = process.hrtime.bigint();
    for (let read = 0; read < MESSAGE_COUNT; ) read += consumer.poll(handler, limit);
    return since(startNs, () => {});
  };
}

function ends(directory: string, options: CreateOptions = {}) {
  const name = `hot-${process.pid}`;
  createSegment(name, { directory, producers: 1, maxGroups: 1, members: 1, timestamps: false, ...options });
  const producer = attachProducer(name, { directory });
  const consumer = attachConsumer(name, { directory });
  const ignore = () => {};
  const drain = () => {
    while (consumer.poll(ignore) > 0);
  };
  return { producer, consumer, drain };
}

/** Nanoseconds an operation, and then tidies up. */
function since(startNs: bigint, tidy: () => void): number {
  const elapsedNs = Number(process.hrtime.bigint() - startNs);
  tidy();
  return elapsedNs / MESSAGE_COUNT;
}
