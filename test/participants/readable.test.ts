import { once } from 'node:events';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Consumer, inspectSegment, removeSegment } from '../../src/index.js';
import { untilAsleep } from '../support/asleep.js';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';

/** What is left in the group, as poll finds it. */
function rest(consumer: Consumer): number[] {
  const numbers: number[] = [];
  while (consumer.poll(({ payload }) => numbers.push(payload[0]!)) > 0);
  return numbers;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

test('a stream of payloads holds every message in order, and ends when all is drained', async () => {
  const { producer, consumer } = attachedPair();
  offerNumbers(producer, 0, 100);
  producer.detach();
  const numbers: number[] = [];
  for await (const payload of consumer.readable({ drain: true })) numbers.push(payload[0]!);
  expect(numbers).toEqual(upTo(100));
});

test('a stream that nobody reads from takes no more messages than its highWaterMark', async () => {
  const { directory, producer, consumer } = attachedPair();
  offerNumbers(producer, 0, 50);
  const stream = consumer.readable({ highWaterMark: 8 });
  stream.read(0);
  await setTimeout(20);
  expect(stream.readableLength).toBe(8);
  expect(inspectSegment('ticks', { directory }).groups[0]!.lagCount).toBe(50 - 8);
  stream.destroy();
});

test('what is in the stream is acknowledged, and the rest is not', async () => {
  const { producer, consumer } = attachedPair();
  offerNumbers(producer, 0, 20);
  const stream = consumer.readable({ highWaterMark: 4 });
  stream.read(0);
  await once(stream, 'readable');
  expect(stream.read()[0]).toBe(0);
  await setTimeout(10);
  const taken = 1 + stream.readableLength;
  stream.destroy();
  await once(stream, 'close');
  expect(rest(consumer)).toEqual(upTo(20).slice(taken));
});

test('a pipeline to a slow Writable loses nothing', async () => {
  const { producer, consumer } = attachedPair();
  const numbers: number[] = [];
  const slow = new Writable({
    objectMode: true,
    highWaterMark: 2,
    write(chunk: Buffer, _, callback) {
      numbers.push(chunk[0]!);
      setImmediate(callback);
    },
  });
  const piped = pipeline(consumer.readable({ drain: true, highWaterMark: 16 }), slow);
  for (let i = 0; i < 200; i++) await producer.send(Buffer.alloc(2000, i)); // more than the lane holds
  producer.detach();
  await piped;
  expect(numbers).toEqual(upTo(200));
});

describe('a stream ends', () => {
  test('when its consumer detaches while it sleeps', async () => {
    const { directory, consumer } = attachedPair();
    const stream = consumer.readable().resume();
    await untilAsleep(directory, { consumers: 1 });
    consumer.detach();
    await once(stream, 'end');
  });

  test.each(['data', 'pause'])('when its consumer detaches where a message is handled (%s)', async (how) => {
    const { producer, consumer } = attachedPair();
    const stream = consumer.readable();
    const numbers: number[] = [];
    stream.on('data', (payload) => {
      numbers.push(payload[0]);
      if (how === 'pause') stream.pause().resume();
      consumer.detach();
    });
    offerNumbers(producer, 0, 3);
    await once(stream, 'end');
    expect(numbers[0]).toBe(0);
  });
});

describe('destroying a stream', () => {
  test('leaves the consumer attached, and another may follow', async () => {
    const { directory, producer, consumer } = attachedPair();
    const stream = consumer.readable().resume();
    await untilAsleep(directory, { consumers: 1 });
    stream.destroy();
    await once(stream, 'close');
    offerNumbers(producer, 0, 3);
    const second = consumer.readable();
    expect((await once(second, 'data'))[0]).toEqual(Buffer.from([0]));
    second.destroy();
  });

  test('by a signal ends it with an AbortError', async () => {
    const { directory, consumer } = attachedPair();
    const controller = new AbortController();
    const stream = consumer.readable({ signal: controller.signal }).resume();
    await untilAsleep(directory, { consumers: 1 });
    controller.abort();
    expect((await once(stream, 'error'))[0]).toMatchObject({ name: 'AbortError' });
  });
});

describe('a stream is destroyed', () => {
  test('with ERR_HERMES_REMOVED when the segment is removed while it sleeps', async () => {
    const { directory, consumer } = attachedPair();
    const stream = consumer.readable().resume();
    await untilAsleep(directory, { consumers: 1 });
    removeSegment('ticks', { directory, force: true });
    expect((await once(stream, 'error'))[0]).toMatchObject({ code: 'ERR_HERMES_REMOVED' });
  });

  test('with ERR_HERMES_INVALID_STATE by a value that would end it', async () => {
    const { producer, consumer } = attachedPair<unknown, unknown>({}, { codec: 'json' }, { codec: 'json' });
    producer.offer(null);
    const stream = consumer.readable().resume();
    expect((await once(stream, 'error'))[0]).toMatchObject({ code: 'ERR_HERMES_INVALID_STATE' });
  });

  test('with what a codec throws', async () => {
    const { producer, consumer } = attachedPair<Uint8Array, unknown>({}, { codec: 'json' });
    producer.offer(Buffer.from('{'));
    const stream = consumer.readable().resume();
    expect((await once(stream, 'error'))[0]).toBeInstanceOf(SyntaxError);
  });

  test('with ERR_HERMES_INVALID_STATE where the consumer is being iterated over', async () => {
    const { producer, consumer } = attachedPair();
    offerNumbers(producer, 0, 1);
    for await (const _ of consumer) {
      const stream = consumer.readable().resume();
      expect((await once(stream, 'error'))[0]).toMatchObject({ code: 'ERR_HERMES_INVALID_STATE' });
      break;
    }
    expect(rest(consumer)).toEqual([0]);
  });
});

test('a stream of values holds what the codec makes of the payloads', async () => {
  const { producer, consumer } = attachedPair<unknown, unknown>({}, { codec: 'json' }, { codec: 'json' });
  const values = [1, 'two', { three: [3] }, false];
  for (const value of values) producer.offer(value);
  producer.detach();
  const received: unknown[] = [];
  for await (const value of consumer.readable({ drain: true })) received.push(value);
  expect(received).toEqual(values);
});
