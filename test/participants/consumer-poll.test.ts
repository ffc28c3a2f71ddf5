import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  type CreateOptions,
  createSegment,
  inspectSegment,
  type Message,
} from '../../src/index.js';
import { attachedChild } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf } from '../support/thrown.js';

/** A segment with a producer, and a consumer that knows of the producer's lane. */
function pair(options: CreateOptions = {}) {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, maxGroups: 2, ...options, directory });
  const producer = attachProducer('ticks', { directory });
  return { directory, producer, consumer: attachConsumer('ticks', { directory }) };
}

const texts = (...list: string[]) => list.map((text) => Buffer.from(text));

test('a message carries what its producer gave it', () => {
  const { producer, consumer } = pair();
  producer.offer(Buffer.from('first'));
  producer.offer(Buffer.alloc(0), 239);
  const before = consumer.timeNs();
  producer.offer(Buffer.from('third'), 7);
  const seen: unknown[] = [];
  consumer.poll((message) => {
    const { type, lane, sequence, length, lost } = message;
    seen.push({
      type,
      lane,
      sequence,
      length,
      lost,
      text: message.buffer.toString('latin1', message.offset, message.offset + length),
    });
  }, 2);
  consumer.poll(({ timestamp, payload, type }) => {
    seen.push([type, payload.toString()]);
    expect(timestamp).toBeGreaterThanOrEqual(before);
    expect(timestamp).toBeLessThanOrEqual(consumer.timeNs());
  });
  expect(seen).toEqual([
    { type: 1, lane: 0, sequence: 0, length: 5, lost: 0, text: 'first' },
    { type: 239, lane: 0, sequence: 1, length: 0, lost: 0, text: '' },
    [7, 'third'],
  ]);
});

test('a copy of a payload stays as it is while the lane is overwritten', () => {
  const { producer, consumer } = pair();
  producer.offer(Buffer.from('kept'));
  let kept: Buffer = Buffer.alloc(0);
  consumer.poll((message) => {
    kept = message.copy();
  });
  for (let i = 0; i < 3000; i++) {
    producer.offer(Buffer.alloc(100, i));
    consumer.poll(() => {});
  }
  expect(kept.toString()).toBe('kept');
});

test('without timestamps a message has none', () => {
  const { producer, consumer } = pair({ timestamps: false });
  producer.offer(Buffer.alloc(1));
  expect(consumer.poll(({ timestamp }) => expect(timestamp).toBe(0n))).toBe(1);
});

test('no more than the limit is handed out, and 256 when there is none', () => {
  const { producer, consumer } = pair();
  producer.offerBatch(Array.from({ length: 300 }, () => Buffer.alloc(0)));
  expect([0, 1, 7].map((limit) => consumer.poll(() => {}, limit))).toEqual([0, 1, 7]);
  expect([consumer.poll(() => {}), consumer.poll(() => {}), consumer.poll(() => {})]).toEqual([256, 36, 0]);
});

describe('a handler that throws', () => {
  test('gets that message and the rest again, and none before it', () => {
    const { producer, consumer, directory } = pair();
    producer.offerBatch(texts('1', '2', '3', '4'));
    const mistake = new Error('mistake');
    const seen: string[] = [];
    const failing = (message: Message) => {
      seen.push(message.payload.toString());
      if (seen.length === 3) throw mistake;
    };
    expect(() => consumer.poll(failing)).toThrow(mistake);
    expect(inspectSegment('ticks', { directory }).groups[0]!.positions[0]!.position).toBe(128);
    expect(consumer.poll(failing)).toBe(2);
    expect(seen).toEqual(['1', '2', '3', '3', '4']);
  });

  test('at once acknowledges nothing', () => {
    const { producer, consumer, directory } = pair();
    producer.offer(Buffer.alloc(1));
    for (let round = 0; round < 3; round++) {
      expect(() =>
        consumer.poll(() => {
          throw new Error('mistake');
        }),
      ).toThrow('mistake');
    }
    expect(inspectSegment('ticks', { directory }).groups[0]!.positions[0]!.position).toBe(0);
    expect(consumer.poll(() => {})).toBe(1);
  });

  test('in one lane does not undo what was handled in another', () => {
    const { directory, producer, consumer } = pair({ producers: 2 });
    const second = attachProducer('ticks', { directory });
    while (consumer.poll(() => {}) > 0);
    producer.offer(Buffer.from('good'));
    second.offer(Buffer.from('bad'));
    const seen: string[] = [];
    for (let round = 0; round < 4; round++) {
      try {
        consumer.poll((message) => {
          seen.push(message.payload.toString());
          if (seen.at(-1) === 'bad') throw new Error('mistake');
        });
      } catch {}
    }
    expect(seen.filter((text) => text === 'good')).toEqual(['good']);
    expect(seen.filter((text) => text === 'bad').length).toBeGreaterThanOrEqual(2);
  });
});

test('a handler may not poll its own consumer, but others, and may send', () => {
  const { directory, producer, consumer } = pair();
  const other = attachConsumer('ticks', { directory, group: 'other' });
  producer.offer(Buffer.from('one'));
  const seen: string[] = [];
  consumer.poll((message) => {
    for (const nested of [() => consumer.poll(() => {}), () => consumer.read(() => {})]) {
      expect(codeOf(nested)).toBe('ERR_HERMES_INVALID_STATE');
    }
    other.poll((same) => seen.push(`other ${same.payload}`));
    producer.offer(Buffer.from('two'));
    seen.push(`mine ${message.payload}`);
  });
  expect(seen).toEqual(['other one', 'mine one']);
  expect(consumer.poll((message) => seen.push(`${message.payload}`))).toBe(1);
  expect(seen.at(-1)).toBe('two');
});

describe('read', () => {
  test('leaves messages in place until they are acknowledged', () => {
    const { producer, consumer } = pair();
    while (producer.offer(Buffer.alloc(992, 'x')) > 0);
    const places: [number, number][] = [];
    expect(consumer.read(({ offset, length }) => places.push([offset, length]), 10)).toBe(10);
    expect(producer.offer(Buffer.alloc(992, 'y'))).toBeLessThan(0);
    expect(places.length).toBe(10);
    consumer.acknowledge();
    for (let i = 0; i < 10; i++) expect(producer.offer(Buffer.alloc(992, 'y'))).toBeGreaterThan(0);
    expect(producer.offer(Buffer.alloc(992, 'y'))).toBeLessThan(0);
  });

  test('without acknowledgement comes again for the next member', () => {
    const { directory, producer, consumer } = pair();
    producer.offerBatch(texts('1', '2', '3'));
    consumer.read(() => {}, 1);
    consumer.acknowledge();
    consumer.read(() => {});
    consumer.detach();
    const seen: string[] = [];
    attachConsumer('ticks', { directory }).poll((message) => seen.push(message.payload.toString()));
    expect(seen).toEqual(['2', '3']);
  });
});

test('a consumer is drained when the producers are gone and everything was handed out', () => {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, directory });
  const consumer = attachConsumer('ticks', { directory });
  expect(consumer.isDrained()).toBe(false); // nobody has been here yet
  const producer = attachProducer('ticks', { directory });
  producer.offer(Buffer.alloc(1));
  expect(consumer.isDrained()).toBe(false);
  producer.detach();
  expect(consumer.isDrained()).toBe(false);
  expect(consumer.poll(() => {})).toBe(1);
  expect(consumer.isDrained()).toBe(true);
});

test('a producer that was killed counts as gone', async () => {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, directory });
  const child = await attachedChild(`attachProducer('ticks', ${JSON.stringify({ directory })})`);
  const consumer = attachConsumer('ticks', { directory });
  expect(consumer.isDrained()).toBe(false);
  await child.kill('SIGKILL');
  expect(consumer.isDrained()).toBe(true);
});

test('poll returns 0 only when there is nothing to read: a lane that is new to the consumer counts', () => {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, producers: 2, directory });
  const consumer = attachConsumer('ticks', { directory });
  for (const _ of [0, 1]) {
    attachProducer('ticks', { directory }).offer(Buffer.alloc(1));
    expect(consumer.poll(() => {})).toBe(1);
  }
});

test('no lane starves while another is always full', () => {
  const { directory, producer, consumer } = pair({ producers: 2 });
  const second = attachProducer('ticks', { directory });
  while (consumer.poll(() => {}) > 0);
  const seen = [0, 0];
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 20; i++) producer.offer(Buffer.alloc(0));
    second.offer(Buffer.alloc(0));
    consumer.poll(({ lane }) => seen[lane]!++, 10);
  }
  expect(seen[1]).toBeGreaterThanOrEqual(90);
});
