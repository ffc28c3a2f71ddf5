import { once } from 'node:events';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Consumer, ConsumerOptions, CreateOptions } from '../../src/index.js';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';
import { rejectionCode } from '../support/rejected.js';

type Leaving = (consumer: Consumer) => Promise<unknown>;

const aborted = (): AbortSignal => AbortSignal.abort('early');
const ignored = (promise: Promise<unknown>) => promise.catch(() => {});

/** What may become of an iteration; after each, the consumer is free for the next one. */
const LEAVINGS: Readonly<Record<string, Leaving>> = {
  async 'return() before next()'(consumer) {
    const messages = consumer[Symbol.asyncIterator]();
    await messages.return?.();
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  },
  async 'throw() before next()'(consumer) {
    const batches = consumer.batches();
    await expect(batches.throw?.(new Error('left'))).rejects.toThrow('left');
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  },
  async 'return() in the tick of next()'(consumer) {
    const batches = consumer.batches();
    const asked = batches.next();
    await batches.return?.();
    await asked;
    await batches.next();
  },
  async 'throw() while next() is pending'(consumer) {
    consumer.poll(() => {});
    const batches = consumer.batches();
    const asked = batches.next();
    await setTimeout(2);
    await ignored(batches.throw!('left'));
    expect(await asked).toEqual({ done: true, value: undefined });
  },
  async 'several next() at a time, and return()'(consumer) {
    const batches = consumer.batches(1);
    const asked = [batches.next(), batches.next(), batches.next()];
    await batches.return?.();
    await Promise.all(asked);
  },
  async 'several next() at a time, and a signal'(consumer) {
    consumer.poll(() => {});
    const ending = new AbortController();
    const batches = consumer.batches(1, { signal: ending.signal });
    const asked = [batches.next(), batches.next()];
    await setTimeout(2);
    ending.abort('late');
    await expect(asked[0]).rejects.toBe('late');
    expect(await asked[1]).toEqual({ done: true, value: undefined });
  },
  async 'a signal that was set off before'(consumer) {
    const batches = consumer.batches(1, { signal: aborted() });
    await expect(batches.next()).rejects.toBe('early');
    await batches.next();
  },
  async 'a signal in the tick of next()'(consumer) {
    const ending = new AbortController();
    const batches = consumer.batches(1, { signal: ending.signal });
    const asked = ignored(batches.next());
    ending.abort();
    await asked;
    await ignored(batches.next());
  },
  async 'a second iteration that was refused'(consumer) {
    const first = consumer.batches();
    await first.next();
    const second = consumer.batches();
    expect(await rejectionCode(second.next())).toBe('ERR_HERMES_INVALID_STATE');
    await second.return?.();
    expect(await rejectionCode(consumer.batches().next())).toBe('ERR_HERMES_INVALID_STATE'); // it has not let go of the first
    await first.return?.();
  },
  async 'an iteration that was never begun'(consumer) {
    consumer.batches();
  },
  async 'a stream that was destroyed in the tick of its first read'(consumer) {
    const stream = consumer.readable();
    stream.read();
    stream.destroy();
    await once(stream, 'close');
    await setTimeout(2);
  },
  async 'a stream that was destroyed before it was read'(consumer) {
    const stream = consumer.readable().destroy();
    await once(stream, 'close');
    stream.read();
  },
  async 'a stream that was destroyed while it waits'(consumer) {
    consumer.poll(() => {});
    const stream = consumer.readable().resume();
    await setTimeout(2);
    stream.destroy();
    await once(stream, 'close');
  },
  async 'a stream that was destroyed by its listener'(consumer) {
    const stream = consumer.readable();
    stream.on('data', () => stream.destroy());
    await once(stream, 'close');
  },
  async 'a stream whose signal was set off before'(consumer) {
    const stream = consumer.readable({ signal: aborted() });
    stream.resume();
    await once(stream, 'error');
  },
  async 'a pipeline whose end fails'(consumer) {
    const failing = new Writable({ objectMode: true, write: (_, __, callback) => callback(new Error('full')) });
    await expect(pipeline(consumer.readable(), failing)).rejects.toThrow('full');
  },
  async 'a loop over a stream that is left at once'(consumer) {
    for await (const _ of consumer.readable()) break;
  },
};

const GROUPS: readonly [string, CreateOptions, ConsumerOptions][] = [
  ['an exclusive group', {}, {}],
  ['a shared group', { shared: true, members: 2 }, {}],
  ['a lossy group', {}, { group: 'watchers', mode: 'lossy' }],
];

describe.each(GROUPS)('a member of %s can be iterated over again after', (_, create, options) => {
  test.each(Object.entries(LEAVINGS))('%s', async (__, leave) => {
    const { producer, consumer } = attachedPair(create, options);
    offerNumbers(producer, 1, 4);
    await leave(consumer);
    offerNumbers(producer, 9, 1);
    for await (const { payload } of consumer) {
      if (payload[0] === 9) break;
    }
    offerNumbers(producer, 10, 1);
    for await (const value of consumer.readable()) {
      if (value[0] === 10) break;
    }
  });
});

test('answers come in the order in which they were asked for, also with news between', async () => {
  const { producer, consumer } = attachedPair();
  const messages = consumer[Symbol.asyncIterator]();
  const first = messages.next();
  await setTimeout(2);
  offerNumbers(producer, 0, 2);
  const second = messages.next();
  expect((await first).value.payload[0]).toBe(0);
  expect((await second).value.payload[0]).toBe(1);
});
