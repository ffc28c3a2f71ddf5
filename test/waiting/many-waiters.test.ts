import { getEventListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attachConsumer, type Consumer, type Producer } from '../../src/index.js';
import { CONSUMER_BELL_OFFSET } from '../../src/layout/preamble.js';
import { memberSlot } from '../../src/membership/places.js';
import { type Nap, Sleeper } from '../../src/waiting/sleeper.js';
import { attachedPair, fillLane, offerNumbers } from '../support/attached-pair.js';
import { rawSegment } from '../support/raw-segment.js';

/** Of something that would take minutes if each took longer the more there are. */
const MANY = 100_000;
const TIMEOUT_MS = 30_000;
const PAYLOAD: Buffer = Buffer.alloc(1000);

/** The warnings of the process from now on. */
function warnings(): Error[] {
  const found: Error[] = [];
  const note = (warning: Error) => found.push(warning);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  return found;
}

/** A producer whose lane is full. */
function full() {
  const pair = attachedPair({ capacity: 65_536 });
  return { ...pair, count: fillLane(pair.producer, PAYLOAD.length) };
}

const rejected = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error) => error,
  );

test('aborting many sends at once rejects them all, and sends none', { timeout: TIMEOUT_MS }, async () => {
  const { producer, consumer, count } = full();
  const ending = new AbortController();
  const sends = Array.from({ length: MANY }, () => rejected(producer.send(PAYLOAD, { signal: ending.signal })));
  ending.abort('enough');
  expect(new Set(await Promise.all(sends))).toEqual(new Set(['enough']));
  const last = producer.send(Buffer.alloc(PAYLOAD.length, 'last'));
  expect(consumer.poll(() => {}, 1000)).toBe(count);
  await last;
  expect(consumer.poll(({ payload }) => expect(payload.toString('utf8', 0, 4)).toBe('last'))).toBe(1);
});

test('signals of their own end sends in any order', { timeout: TIMEOUT_MS }, async () => {
  const { producer } = full();
  const endings = Array.from({ length: 20_000 }, () => new AbortController());
  const sends = endings.map(({ signal }) => rejected(producer.send(PAYLOAD, { signal })));
  for (const ending of endings.toReversed()) ending.abort('enough');
  expect(new Set(await Promise.all(sends))).toEqual(new Set(['enough']));
});

test('detaching rejects all that wait', { timeout: TIMEOUT_MS }, async () => {
  const { producer } = full();
  const sends = Array.from({ length: MANY }, () => rejected(producer.send(PAYLOAD)));
  const flushes = Array.from({ length: 1000 }, () => rejected(producer.flush()));
  producer.detach();
  for (const error of await Promise.all([...sends, ...flushes])) {
    expect(error).toMatchObject({ code: 'ERR_HERMES_DETACHED' });
  }
});

test('many that wait for room are sent in order', { timeout: TIMEOUT_MS }, async () => {
  const { producer, consumer, count } = full();
  const many = MANY / 5;
  const sends = Array.from({ length: many }, (_, i) => producer.send(Buffer.from(`${i}`)));
  const flushed = producer.flush();
  let next = -count;
  while (next < many) {
    await consumer.waitAsync();
    consumer.poll(({ payload }) => {
      if (next >= 0 && payload.toString() !== `${next}`) throw new Error(`${payload} came instead of ${next}`);
      next++;
    });
  }
  await Promise.all(sends);
  await flushed;
});

test('whoever goes to sleep looks for itself, and for nobody else', () => {
  const segment = rawSegment();
  const sleeper = new Sleeper(segment, memberSlot(segment, 0, 0), CONSUMER_BELL_OFFSET, { ref() {}, unref() {} });
  let looks = 0;
  const nap = (): Nap => ({
    look() {
      looks++;
      return false;
    },
    wake() {},
    fail() {},
  });
  const naps = Array.from({ length: 1000 }, nap);
  for (const each of naps) sleeper.add(each);
  expect(looks).toBe(1000);
  sleeper.tick();
  expect(looks).toBeGreaterThanOrEqual(2000); // all of them are looked for now and then
  for (const each of naps) sleeper.remove(each);
  expect(looks).toBeLessThanOrEqual(3000);
});

test('a message wakes all that wait for it', async () => {
  const { producer, consumer } = attachedPair({}, { idle: 'doorbell' });
  const waits = Array.from({ length: 1000 }, () => consumer.waitAsync());
  await setTimeout(2);
  offerNumbers(producer, 0, 1);
  expect(new Set(await Promise.all(waits))).toEqual(new Set([true]));
});

type Call = (pair: { producer: Producer; consumer: Consumer }, signal: AbortSignal) => unknown;

const WAITS: Readonly<Record<string, Call>> = {
  waitAsync: ({ consumer }, signal) => rejected(consumer.waitAsync({ signal })),
  'waitAsync with a time-out': ({ consumer }, signal) => rejected(consumer.waitAsync({ signal, timeout: 600_000 })),
  send: ({ producer }, signal) => rejected(producer.send(PAYLOAD, { signal })),
  flush: ({ producer }, signal) => rejected(producer.flush({ signal })),
  readable: ({ consumer }, signal) => consumer.readable({ signal }).on('error', () => {}),
  writable: ({ producer }, signal) =>
    producer
      .writable({ signal })
      .on('error', () => {})
      .write(PAYLOAD),
};

describe.each(Object.entries(WAITS))('fifty calls of %s with one signal', (_, call) => {
  test('add one listener to it, take it away again, and Node warns of nothing', async () => {
    const warned = warnings();
    const { producer, directory } = full();
    const consumer = attachConsumer('ticks', { directory, group: 'second', idle: 'doorbell' });
    const ending = new AbortController();
    const { signal } = ending;
    const calls = Array.from({ length: 50 }, () => call({ producer, consumer }, signal));
    await setTimeout(2);
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    ending.abort();
    await Promise.all(calls);
    await setTimeout(2);
    expect(getEventListeners(signal, 'abort').length).toBe(0);
    consumer.detach();
    expect(warned).toEqual([]);
  });
});

test('a signal that is not set off keeps no listener of a call that has ended', async () => {
  const { producer, consumer } = attachedPair({}, { idle: 'doorbell' });
  const { signal } = new AbortController();
  for (let i = 0; i < 3; i++) {
    const waited = consumer.waitAsync({ signal });
    offerNumbers(producer, i, 1);
    await waited;
    consumer.poll(() => {});
  }
  const stream = consumer.readable({ signal });
  stream.destroy();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
