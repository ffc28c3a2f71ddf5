import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Consumer } from '../../src/index.js';
import { untilAsleep } from '../support/asleep.js';
import { attachedPair, fillLane } from '../support/attached-pair.js';

const CREATE = { maxPayload: 4096 };

function texts(consumer: Consumer): string[] {
  const received: string[] = [];
  while (consumer.poll(({ payload }) => received.push(payload.toString())) > 0);
  return received;
}

test('chunks become messages of the given type; text is encoded', async () => {
  const { producer, consumer } = attachedPair(CREATE);
  const stream = producer.writable({ type: 7 });
  stream.write(Buffer.from('bytes'));
  stream.write('täxt');
  stream.write('6869', 'hex');
  stream.end(new Uint8Array());
  await once(stream, 'finish');
  const received: unknown[] = [];
  consumer.poll(({ type, payload }) => received.push([type, payload.toString()]));
  expect(received).toEqual([
    [7, 'bytes'],
    [7, 'täxt'],
    [7, 'hi'],
    [7, ''],
  ]);
});

test('ending a stream leaves the producer attached', async () => {
  const { producer, consumer } = attachedPair(CREATE);
  const stream = producer.writable();
  stream.end('first');
  await once(stream, 'close');
  producer.offer(Buffer.from('second'));
  expect(texts(consumer)).toEqual(['first', 'second']);
});

test('write says false when the stream holds its highWaterMark for want of room, and drain comes with room', async () => {
  const { producer, consumer } = attachedPair(CREATE);
  fillLane(producer, 1000);
  const stream = producer.writable({ highWaterMark: 3 });
  const accepted = [1, 2, 3].map((number) => stream.write(Buffer.alloc(1000, number)));
  expect(accepted).toEqual([true, true, false]);
  await setTimeout(20);
  expect(stream.writableLength).toBe(3);
  const drained = once(stream, 'drain');
  consumer.poll(() => {}, 1000);
  await drained;
  const numbers: number[] = [];
  consumer.poll(({ payload }) => numbers.push(payload[0]!));
  expect(numbers).toEqual([1, 2, 3]);
});

test('a pipeline through a lane that is much smaller loses nothing and keeps the order', async () => {
  const { producer, consumer } = attachedPair(CREATE);
  const count = 500;
  const source = Readable.from(
    (function* () {
      for (let i = 0; i < count; i++) yield Buffer.alloc(1000, i);
    })(),
  );
  const written = pipeline(source, producer.writable());
  const numbers: number[] = [];
  for await (const message of consumer) {
    numbers.push(message.payload[0]!);
    if (numbers.length === count) break;
  }
  await written;
  expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i % 256));
});

test('a payload that is too large destroys it with the code, after what came before', async () => {
  const { producer, consumer } = attachedPair(CREATE);
  const stream = producer.writable();
  stream.write('before');
  stream.write(Buffer.alloc(5000));
  stream.write('after');
  expect((await once(stream, 'error'))[0]).toMatchObject({ code: 'ERR_HERMES_PAYLOAD_TOO_LARGE' });
  expect(texts(consumer)).toEqual(['before']);
});

test('what is no bytes destroys it with the code', async () => {
  const { producer } = attachedPair(CREATE);
  const stream = producer.writable();
  stream.write(17 as never);
  expect((await once(stream, 'error'))[0]).toMatchObject({ code: 'ERR_HERMES_INVALID_OPTION' });
});

test('values go through the codec, text too', async () => {
  const { producer, consumer } = attachedPair<unknown, unknown>({}, { codec: 'json' }, { codec: 'json' });
  const stream = producer.writable();
  for (const value of ['text', 17, { a: 1 }]) stream.write(value);
  stream.end();
  await once(stream, 'finish');
  const received: unknown[] = [];
  consumer.poll(({ value }) => received.push(value));
  expect(received).toEqual(['text', 17, { a: 1 }]);
});

test('aborting it while it waits for room sends nothing of what waits', async () => {
  const { directory, producer, consumer } = attachedPair(CREATE);
  const count = fillLane(producer, 1000);
  const controller = new AbortController();
  const stream = producer.writable({ signal: controller.signal });
  stream.write(Buffer.alloc(1000, 1));
  await untilAsleep(directory, { producers: 1 });
  controller.abort();
  expect((await once(stream, 'error'))[0]).toMatchObject({ name: 'AbortError' });
  expect(consumer.poll(() => {}, 1000)).toBe(count);
  await setTimeout(20);
  expect(texts(consumer)).toEqual([]);
});

test('detaching the producer while it waits destroys it with the code', async () => {
  const { directory, producer } = attachedPair(CREATE);
  fillLane(producer, 1000);
  const stream = producer.writable();
  stream.write(Buffer.alloc(1000, 1));
  await untilAsleep(directory, { producers: 1 });
  producer.detach();
  expect((await once(stream, 'error'))[0]).toMatchObject({ code: 'ERR_HERMES_DETACHED' });
});
