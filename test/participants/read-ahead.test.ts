import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { inspectSegment } from '../../src/index.js';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';

const COUNT = 100;

/** How many messages of the group are acknowledged: what was taken out of the segment. */
function taken(directory: string): number {
  return COUNT - inspectSegment('ticks', { directory }).groups[0]!.lagCount!;
}

function filled() {
  const pair = attachedPair();
  offerNumbers(pair.producer, 0, COUNT);
  return pair;
}

describe.each([0, 1, 2, 7, 10, 64])('a stream with highWaterMark %i', (highWaterMark) => {
  const most = Math.max(1, highWaterMark); // 0: one that was asked for

  test('holds no more, however it is read', async () => {
    const { directory, consumer } = filled();
    const stream = consumer.readable({ highWaterMark });
    const numbers: number[] = [];
    stream.on('readable', () => {});
    while (numbers.length < 60) {
      await setTimeout(1);
      expect(stream.readableLength).toBeLessThanOrEqual(most);
      expect(taken(directory)).toBeLessThanOrEqual(numbers.length + most);
      for (let i = 0; i < 5; i++) {
        const value = stream.read();
        if (value !== null) numbers.push(value[0]);
      }
    }
    expect(numbers).toEqual(Array.from(numbers, (_, i) => i));
    stream.destroy();
  });

  test('hands out everything, in order: iterated over, piped and with a listener', async () => {
    for (const how of ['iterate', 'pipe', 'listen']) {
      const { producer, consumer } = filled();
      producer.detach();
      const stream = consumer.readable({ highWaterMark, drain: true });
      const numbers: number[] = [];
      if (how === 'iterate') for await (const value of stream) numbers.push(value[0]!);
      else if (how === 'listen')
        await once(
          stream.on('data', (value) => numbers.push(value[0])),
          'end',
        );
      else {
        const write = (value: Buffer, _: unknown, callback: () => void) => {
          expect(stream.readableLength).toBeLessThanOrEqual(most);
          numbers.push(value[0]!);
          setImmediate(callback);
        };
        await pipeline(stream, new Writable({ objectMode: true, highWaterMark: 1, write }));
      }
      expect(numbers, how).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    }
  });
});

test('a stream that is not read takes nothing; with highWaterMark 0 not before it is asked', async () => {
  const { directory, consumer } = filled();
  const stream = consumer.readable({ highWaterMark: 0 });
  await setTimeout(5);
  expect(taken(directory)).toBe(0);
  stream.once('readable', () => {});
  await setTimeout(5);
  expect(taken(directory)).toBe(1);
  expect(stream.read()[0]).toBe(0);
  stream.destroy();
});

test('a writable with highWaterMark 0 sends what it is given', async () => {
  const { producer, consumer } = attachedPair();
  const values = Array.from({ length: 20 }, (_, i) => Buffer.from([i]));
  await pipeline(Readable.from(values), producer.writable({ highWaterMark: 0 }));
  const numbers: number[] = [];
  consumer.poll(({ payload }) => numbers.push(payload[0]!));
  expect(numbers).toEqual(values.map(([number]) => number));
});
