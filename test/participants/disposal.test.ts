import { expect, test } from 'vitest';
import { attachConsumer, attachProducer, inspectSegment } from '../../src/index.js';
import { untilAsleep } from '../support/asleep.js';
import { attachedPair, fillLane } from '../support/attached-pair.js';
import { isPending } from '../support/rejected.js';

test('using detaches a producer and a consumer, await using too', async () => {
  const { directory, producer, consumer } = attachedPair();
  producer.detach();
  consumer.detach();
  const attached = () => {
    const { lanes, groups } = inspectSegment('ticks', { directory });
    return [lanes[0]!.producer !== null, groups[0]!.members.length];
  };
  {
    using _producer = attachProducer('ticks', { directory });
    using _consumer = attachConsumer('ticks', { directory });
    expect(attached()).toEqual([true, 1]);
  }
  expect(attached()).toEqual([false, 0]);
  {
    await using _producer = attachProducer('ticks', { directory });
    await using _consumer = attachConsumer('ticks', { directory });
    expect(attached()).toEqual([true, 1]);
  }
  expect(attached()).toEqual([false, 0]);
});

test('await using sends what waits, and then detaches', async () => {
  const { producer, consumer } = attachedPair();
  const count = fillLane(producer);
  const sends = [1, 2, 3].map((number) => producer.send(Buffer.alloc(1000, number)));
  const disposed = producer[Symbol.asyncDispose]();
  expect(await isPending(disposed)).toBe(true);
  consumer.poll(() => {}, count);
  await Promise.all(sends);
  await disposed;
  const numbers: number[] = [];
  consumer.poll(({ payload }) => numbers.push(payload[0]!));
  expect(numbers).toEqual([1, 2, 3]);
  expect(() => producer.offer(Buffer.alloc(1))).toThrow(expect.objectContaining({ code: 'ERR_HERMES_DETACHED' }));
});

test('disposing of what has detached does nothing', async () => {
  const { producer, consumer } = attachedPair();
  producer.detach();
  consumer.detach();
  for (const participant of [producer, consumer]) {
    participant[Symbol.dispose]();
    await participant[Symbol.asyncDispose]();
  }
});

test('detaching ends a disposal that waits', async () => {
  const { directory, producer } = attachedPair();
  fillLane(producer);
  const sent = producer.send(Buffer.alloc(1000)).catch((error) => error.code);
  const disposed = producer[Symbol.asyncDispose]().catch((error) => error.code);
  await untilAsleep(directory, { producers: 1 });
  producer.detach();
  expect(await sent).toBe('ERR_HERMES_DETACHED');
  expect([undefined, 'ERR_HERMES_DETACHED']).toContain(await disposed);
});
