import { expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment } from '../../src/index.js';
import { scratchDirectory } from '../support/scratch.js';

function lossyPair() {
  const directory = scratchDirectory();
  createSegment('ticks', { directory });
  const observer = attachConsumer('ticks', { directory, group: 'eyes', mode: 'lossy' });
  return { directory, observer, producer: attachProducer('ticks', { directory }) };
}

test('a message whose handler throws comes again to a lossy group, and those before it do not', () => {
  const { observer, producer } = lossyPair();
  producer.offerBatch([1, 2, 3].map((number) => Buffer.of(number)));
  const seen: number[] = [];
  const fussy = () =>
    observer.poll(({ payload }) => {
      if (payload[0] === 2 && seen.length === 1) throw new Error('not now');
      seen.push(payload[0]!);
    });
  expect(fussy).toThrow('not now');
  expect(seen).toEqual([1]);
  observer.poll(({ payload }) => seen.push(payload[0]!));
  expect(seen).toEqual([1, 2, 3]);
  expect(observer.lost).toBe(0);
});

test('what a lossy group lost is counted once, also when the handler of the next message throws first', () => {
  const { directory, observer, producer } = lossyPair();
  const first: number[] = [];
  producer.offer(Buffer.of(0));
  observer.poll(({ sequence }) => first.push(sequence));
  // The group default holds the producer back after a lane: nobody reads it, so take it along.
  const reader = attachConsumer('ticks', { directory });
  for (let number = 0; number < 30_000; number++) {
    while (producer.offer(Buffer.alloc(64)) < 0) reader.poll(() => {});
  }
  expect(observer.poll(() => {})).toBe(0); // lapped: it goes on from the head
  const losses: number[] = [];
  const fail = () =>
    observer.poll((message) => {
      losses.push(message.lost);
      throw new Error('not now');
    });
  producer.offer(Buffer.of(1));
  expect(fail).toThrow('not now');
  expect(observer.lost).toBe(0);
  observer.poll((message) => losses.push(message.lost), 1);
  expect(observer.lost).toBeGreaterThan(0);
  expect(losses).toEqual([observer.lost, observer.lost]);
});
