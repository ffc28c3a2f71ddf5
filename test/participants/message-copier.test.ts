import { describe, expect, test } from 'vitest';
import { type Message, removeGroup } from '../../src/index.js';
import { MessageCopier } from '../../src/participants/message-copier.js';
import { asBytes } from '../../src/ring/message.js';
import { attachedPair } from '../support/attached-pair.js';

const LARGE = { capacity: 1 << 20, maxPayload: 1 << 18 };

/** A payload that tells its place in every byte, and its number. */
function patterned(length: number, number = 0): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + number * 13) & 0xff));
}

/** Offers payloads, and takes copies of what comes; then everything in the lane is overwritten. */
function copiesOf(payloads: readonly Buffer[]): Message[] {
  const { producer, consumer } = attachedPair(LARGE);
  const copier = new MessageCopier(asBytes);
  const copies: Message[] = [];
  for (const [i, payload] of payloads.entries()) {
    producer.offer(payload, 1 + (i % 239));
    consumer.poll((message) => copies.push(copier.copy(message)));
  }
  for (let i = 0; i < 20; i++) {
    producer.offer(Buffer.alloc(1 << 17, 0xee));
    consumer.poll(() => {});
  }
  return copies;
}

const LENGTHS = [
  0, 1, 3, 4, 31, 32, 33, 479, 480, 481, 511, 512, 513, 4095, 16_351, 16_352, 16_353, 65_504, 65_536, 200_001,
];

test.each(LENGTHS)('a copy of %i bytes has them all, and the header’s fields', (length) => {
  const [first, copy] = copiesOf([patterned(8, 1), patterned(length)]);
  expect(copy).toMatchObject({ length, type: 2, lane: 0, sequence: 1, lost: 0, redelivered: false });
  expect(copy!.payload.equals(patterned(length))).toBe(true);
  expect(copy!.timestamp).toBeGreaterThan(first!.timestamp - 1n);
  expect(first!.payload.equals(patterned(8, 1))).toBe(true);
});

test('many copies do not touch each other, within a slab and over many', () => {
  const payloads = Array.from({ length: 600 }, (_, i) => patterned((i * 37) % 1500, i));
  const copies = copiesOf(payloads);
  expect(copies.map(({ sequence }) => sequence)).toEqual(payloads.map((_, i) => i));
  for (const [i, copy] of copies.entries()) expect(copy.payload.equals(payloads[i]!)).toBe(true);
});

/** The memory that a copy keeps from the collector, in bytes. */
const keptLength = ({ buffer }: Message) => buffer.buffer.byteLength;

test.each([0, 60, 96])('copies of %i bytes share memory, one after the other', (length) => {
  const copies = copiesOf(Array.from({ length: 200 }, (_, i) => patterned(length, i)));
  const memories = new Set(copies.map(({ buffer }) => buffer.buffer));
  expect(memories.size).toBe(Math.ceil(200 / Math.floor(4096 / (32 + Math.ceil(length / 32) * 32))));
});

test.each([
  [0, 4096],
  [60, 4096],
  [96, 4096],
  [97, 8192],
  [200, 8192],
  [1000, 65_536],
  [16_352, 65_536],
  [16_353, 16_416],
  [200_001, 200_064],
])('a copy of %i bytes that is kept alone costs %i, whatever comes beside it', (length, cost) => {
  const others = [10, 100, 400, 3000, 20_000].map((each) => patterned(each));
  const copies = copiesOf(Array.from({ length: 20 }, () => [...others, patterned(length)]).flat());
  for (const copy of copies.filter((each) => each.length === length)) expect(keptLength(copy)).toBe(cost);
});

test('what belongs to one copy alone can be transferred, and what others share cannot', () => {
  const copies = copiesOf([patterned(10, 1), patterned(20_000, 2), patterned(10, 3)]);
  const [first, large, last] = copies as [Message, Message, Message];
  for (const message of [first, large]) {
    try {
      structuredClone(message.payload, { transfer: [message.buffer.buffer as ArrayBuffer] });
    } catch (error) {
      expect(error).toMatchObject({ name: 'DataCloneError' }); // Node 20 copies it instead
    }
  }
  expect(first.payload.equals(patterned(10, 1))).toBe(true);
  expect(last.payload.equals(patterned(10, 3))).toBe(true);
  expect(large.buffer.length).toBe(0);
});

test.each([0, 1, 64, 65, 5000])('copy() of %i bytes has memory of its own, and nothing else in it', (length) => {
  const { producer, consumer } = attachedPair(LARGE);
  producer.offerBatch([patterned(length, 1), patterned(length, 2)]);
  const kept: Buffer[] = [];
  consumer.poll((message) => kept.push(message.copy()));
  for (const [i, copy] of kept.entries()) {
    expect(copy.buffer.byteLength).toBe(length);
    const moved = structuredClone(new Uint8Array(copy.buffer), { transfer: [copy.buffer as ArrayBuffer] });
    expect(Buffer.from(moved).equals(patterned(length, i + 1))).toBe(true);
  }
});

test('what the codec v8 decodes has memory that is shared with no other value', () => {
  const { producer, consumer } = attachedPair<unknown, unknown>({}, { codec: 'v8' }, { codec: 'v8' });
  producer.offerBatch([Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)]);
  const values: Uint8Array[] = [];
  consumer.poll(({ value }) => values.push(value as Uint8Array));
  const [first, second] = values as [Uint8Array, Uint8Array];
  structuredClone(first, { transfer: [first.buffer as ArrayBuffer] });
  expect([...second]).toEqual([4, 5, 6]);
  expect(second.buffer.byteLength).toBeLessThan(64);
});

test('no copy lies in shared memory', () => {
  for (const { buffer } of copiesOf([patterned(10), patterned(1000), patterned(100_000)])) {
    expect(buffer.buffer).toBeInstanceOf(ArrayBuffer);
  }
});

describe('a copy says what the message said', () => {
  test('of what was lost before it', async () => {
    const { directory, producer, consumer } = attachedPair({}, { group: 'lossy', mode: 'lossy' });
    removeGroup('ticks', 'default', { directory }); // nobody holds the producer back
    producer.offer(patterned(10));
    const messages = consumer[Symbol.asyncIterator]();
    const first = await messages.next();
    for (let i = 0; i < 200; i++) producer.offer(patterned(1000));
    while (consumer.poll(() => {}) > 0); // lapped: goes on from the head
    producer.offer(patterned(10));
    const next = await messages.next();
    expect([first.value.lost, first.value.sequence]).toEqual([0, 0]);
    expect([next.value.lost, next.value.sequence]).toEqual([200, 201]);
  });

  test('of what was handled before', async () => {
    const { producer, consumer } = attachedPair({ shared: true });
    producer.offer(patterned(10));
    expect(() =>
      consumer.poll(() => {
        throw new Error('handler');
      }),
    ).toThrow('handler');
    const { value } = await consumer.batches().next();
    expect(value).toMatchObject([{ redelivered: true, length: 10 }]);
  });
});
