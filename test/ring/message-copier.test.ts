import { describe, expect, test } from 'vitest';
import { type Message, removeGroup } from '../../src/index.js';
import { asBytes } from '../../src/ring/message.js';
import { MessageCopier } from '../../src/ring/message-copier.js';
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
  expect(new Set(copies.map(({ buffer }) => buffer.buffer)).size).toBeGreaterThan(1);
  expect(new Set(copies.map(({ buffer }) => buffer.buffer)).size).toBeLessThan(20);
});

test('a large one among small ones has memory of its own, and the small ones go on in their slab', () => {
  const payloads = [patterned(10, 1), patterned(20_000, 2), patterned(10, 3)];
  const [before, large, after] = copiesOf(payloads);
  expect(before!.buffer.buffer).toBe(after!.buffer.buffer);
  expect(large!.buffer.buffer).not.toBe(before!.buffer.buffer);
  for (const [i, copy] of [before, large, after].entries()) expect(copy!.payload.equals(payloads[i]!)).toBe(true);
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
