import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { attachConsumer, type Consumer, type ConsumerOptions, type CreateOptions } from '../../src/index.js';
import { untilAsleep } from '../support/asleep.js';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';
import { Child } from '../support/child.js';
import { rejectionCode, rejectionOf } from '../support/rejected.js';

interface Kind {
  readonly kind: string;
  readonly create: CreateOptions;
  readonly options: ConsumerOptions;
}

const EXCLUSIVE: Kind = { kind: 'an exclusive group', create: {}, options: {} };
const SHARED: Kind = { kind: 'a shared group', create: { shared: true, members: 2 }, options: {} };
const LOSSY: Kind = { kind: 'a lossy group', create: {}, options: { group: 'watchers', mode: 'lossy' } };

/** The first bytes of the next messages, `count` of them; leaves the loop at the last. */
async function take(consumer: Consumer, count: number, at: (number: number) => void = () => {}): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { payload } of consumer) {
    numbers.push(payload[0]!);
    at(payload[0]!);
    if (numbers.length === count) break;
  }
  return numbers;
}

describe.each([EXCLUSIVE, SHARED])('for await over a member of $kind', ({ create, options }) => {
  test('acknowledges a message when the next is asked for: the one at which the loop is left comes again', async () => {
    const { producer, consumer } = attachedPair(create, options);
    offerNumbers(producer, 0, 6);
    expect(await take(consumer, 3)).toEqual([0, 1, 2]);
    expect(await take(consumer, 4)).toEqual([2, 3, 4, 5]);
  });

  test('the one at which the loop is left does not come again once it is acknowledged', async () => {
    const { producer, consumer } = attachedPair(create, options);
    offerNumbers(producer, 0, 6);
    expect(await take(consumer, 3, (number) => number === 2 && consumer.acknowledge())).toEqual([0, 1, 2]);
    expect(await take(consumer, 3)).toEqual([3, 4, 5]);
  });

  test('a loop whose body throws has not acknowledged the message that it threw at', async () => {
    const { producer, consumer } = attachedPair(create, options);
    offerNumbers(producer, 0, 4);
    const failure = new Error('body');
    const failing = take(consumer, 4, (number) => {
      if (number === 1) throw failure;
    });
    expect(await rejectionOf(failing)).toBe(failure);
    expect(await take(consumer, 3)).toEqual([1, 2, 3]);
  });

  test('what a loop has not acknowledged comes to poll as well', async () => {
    const { producer, consumer } = attachedPair(create, options);
    offerNumbers(producer, 0, 3);
    await take(consumer, 2);
    const polled: number[] = [];
    while (consumer.poll(({ payload }) => polled.push(payload[0]!)) > 0);
    expect(polled).toEqual([1, 2]);
  });

  test('detaching in the body ends the loop, and the next member begins with that message', async () => {
    const { directory, producer, consumer } = attachedPair(create, options);
    offerNumbers(producer, 0, 3);
    expect(await take(consumer, 9, (number) => number === 1 && consumer.detach())).toEqual([0, 1]);
    using successor = attachConsumer('ticks', { ...options, directory });
    expect(await take(successor, 2)).toEqual([1, 2]);
  });
});

test('for await over a lossy group: the one at which the loop is left does not come again', async () => {
  const { producer, consumer } = attachedPair(LOSSY.create, LOSSY.options);
  offerNumbers(producer, 0, 6);
  expect(await take(consumer, 3)).toEqual([0, 1, 2]);
  expect(await take(consumer, 3)).toEqual([3, 4, 5]);
});

describe.each([EXCLUSIVE, SHARED, LOSSY])('for await over a member of $kind', ({ create, options }) => {
  test('hands out copies that stay as they are while the lane is overwritten', async () => {
    const { producer, consumer } = attachedPair(create, options);
    offerNumbers(producer, 7, 1, 100);
    for await (const message of consumer) {
      consumer.acknowledge();
      for (let i = 0; i < 3000; i++) {
        producer.offer(Buffer.alloc(100, 1));
        consumer.poll(() => {});
      }
      expect(message).toMatchObject({ length: 100, sequence: 0, lane: 0, type: 1 });
      expect(message.payload).toEqual(Buffer.from([7, ...Buffer.alloc(99)]));
      break;
    }
  });

  test('sleeps until there is a message, again and again', async () => {
    const { producer, consumer } = attachedPair(create, { ...options, idle: 'doorbell' });
    const taken = take(consumer, 20);
    for (let i = 0; i < 20; i++) {
      offerNumbers(producer, i, 1);
      await setTimeout(1);
    }
    expect(await taken).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  test('ends when the consumer detaches while it sleeps', async () => {
    const { directory, consumer } = attachedPair(create, options);
    const taken = take(consumer, 1);
    await untilAsleep(directory, { consumers: 1 });
    consumer.detach();
    expect(await taken).toEqual([]);
    expect(await take(consumer, 1)).toEqual([]);
  });
});

test('a second iteration while one goes on is refused, and does not disturb the first', async () => {
  const { producer, consumer } = attachedPair();
  offerNumbers(producer, 0, 3);
  const numbers: number[] = [];
  for await (const { payload } of consumer) {
    numbers.push(payload[0]!);
    expect(await rejectionCode(consumer.batches().next())).toBe('ERR_HERMES_INVALID_STATE');
    expect(await rejectionCode(consumer[Symbol.asyncIterator]().next())).toBe('ERR_HERMES_INVALID_STATE');
    if (numbers.length === 3) break;
  }
  expect(numbers).toEqual([0, 1, 2]);
  expect((await consumer.batches().next()).value).toHaveLength(1);
});

test('messages that are asked for all at once come in order, each once', async () => {
  const { producer, consumer } = attachedPair();
  const iterator = consumer[Symbol.asyncIterator]();
  const asked = Array.from({ length: 5 }, () => iterator.next());
  offerNumbers(producer, 0, 5);
  const results = await Promise.all(asked);
  expect(results.map(({ value }) => value.payload[0])).toEqual([0, 1, 2, 3, 4]);
});

test('what is asked for ends when the iteration is ended meanwhile', async () => {
  const { directory, consumer } = attachedPair();
  const iterator = consumer[Symbol.asyncIterator]();
  const asked = iterator.next();
  await untilAsleep(directory, { consumers: 1 });
  await iterator.return!();
  expect(await asked).toEqual({ done: true, value: undefined });
});

test('every message of the batch that a killed member of a shared group held is handed out', async () => {
  const { directory, producer, consumer } = attachedPair({ shared: true, members: 2 });
  const holder = Child.start(
    `import { attachConsumer } from 'hermes:index.js';
     const consumer = attachConsumer('ticks', { directory: process.argv[1] });
     process.stdin.once('data', () => {
       consumer.read(() => {}, 5);
       console.log('holding');
     });
     console.log('attached');`,
    directory,
  );
  await holder.line();
  offerNumbers(producer, 0, 8);
  holder.tell('read');
  await holder.line();
  await holder.kill('SIGKILL');
  const numbers: number[] = [];
  const redelivered: number[] = [];
  for await (const message of consumer) {
    numbers.push(message.payload[0]!);
    if (message.redelivered) redelivered.push(message.payload[0]!);
    if (numbers.length === 8) break;
  }
  expect(numbers.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(redelivered).toEqual([0, 1, 2, 3, 4]);
});

describe('messages', () => {
  const numbersOf = async (iterable: AsyncIterable<{ payload: Buffer }>) => {
    const numbers: number[] = [];
    for await (const { payload } of iterable) numbers.push(payload[0]!);
    return numbers;
  };

  test('with drain ends when no producer is left and all is read, and has acknowledged it', async () => {
    const { producer, consumer } = attachedPair();
    offerNumbers(producer, 0, 3);
    const received = numbersOf(consumer.messages({ drain: true }));
    await setTimeout(20);
    offerNumbers(producer, 3, 2);
    producer.detach();
    expect(await received).toEqual([0, 1, 2, 3, 4]);
    expect(consumer.poll(() => {})).toBe(0);
  });

  test('with a signal reject with its reason, whether they wait or a message is at hand, which comes again', async () => {
    const { directory, producer, consumer } = attachedPair();
    const whileWaiting = new AbortController();
    const waiting = numbersOf(consumer.messages({ signal: whileWaiting.signal }));
    await untilAsleep(directory, { consumers: 1 });
    whileWaiting.abort('enough');
    expect(await rejectionOf(waiting)).toBe('enough');
    offerNumbers(producer, 0, 2);
    const atHand = new AbortController();
    const reading = (async () => {
      for await (const _ of consumer.messages({ signal: atHand.signal })) atHand.abort('enough');
    })();
    expect(await rejectionOf(reading)).toBe('enough');
    expect(await take(consumer, 2)).toEqual([0, 1]);
  });

  test('without options goes on without end, as the consumer itself does', async () => {
    const { directory, producer, consumer } = attachedPair();
    const received = numbersOf(consumer.messages());
    offerNumbers(producer, 0, 2);
    producer.detach();
    await untilAsleep(directory, { consumers: 1 });
    consumer.detach();
    expect(await received).toEqual([0, 1]);
  });
});
