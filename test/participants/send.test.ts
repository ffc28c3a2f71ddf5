import { describe, expect, test } from 'vitest';
import { attachProducer, type Consumer, type Producer, removeSegment } from '../../src/index.js';
import { untilAsleep } from '../support/asleep.js';
import { attachedPair, fillLane } from '../support/attached-pair.js';
import { isPending, rejectionCode, rejectionOf } from '../support/rejected.js';

const CREATE = { maxPayload: 4096 };
const LENGTH = 1000;

/** A producer whose lane is full. */
function full() {
  const pair = attachedPair(CREATE);
  return { ...pair, count: fillLane(pair.producer, LENGTH) };
}

const payload = (number: number) => Buffer.alloc(LENGTH, number);

/** Sends messages with the numbers 1 to `count`, awaiting none. */
function sendAll(producer: Producer, count: number, signals: Readonly<Record<number, AbortSignal>> = {}) {
  return Array.from({ length: count }, (_, i) => producer.send(payload(i + 1), { signal: signals[i + 1] }));
}

/** The numbers of all messages: at least `count`, and what else comes within 20 ms of the last of them. */
async function received(consumer: Consumer, count: number): Promise<number[]> {
  const numbers: number[] = [];
  while (await consumer.waitAsync({ timeout: numbers.length < count ? undefined : 20 }))
    consumer.poll(({ payload: [number] }) => number !== 0 && numbers.push(number!), 1000);
  return numbers;
}

test('while there is room a message is published before send returns, and resolves with the position after it', async () => {
  const { producer, consumer } = attachedPair(CREATE);
  const sent = producer.send(payload(1), { type: 9 });
  expect(consumer.poll(({ type }) => expect(type).toBe(9))).toBe(1);
  expect(await sent).toBe(producer.position);
});

test('what waits for room is sent in the order in which it came', async () => {
  const { producer, consumer } = full();
  const sends = sendAll(producer, 200); // three times what the lane holds
  expect(await isPending(sends[0]!)).toBe(true);
  expect(await received(consumer, 200)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  const positions = await Promise.all(sends);
  expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  expect(positions.at(-1)).toBe(producer.position);
});

test('what is sent when there is room again queues up behind what waits', async () => {
  const { producer, consumer } = full();
  const first = producer.send(payload(1));
  consumer.poll(() => {}, 1000);
  const second = producer.send(payload(2));
  await Promise.all([first, second]);
  expect(await received(consumer, 2)).toEqual([1, 2]);
});

describe('an aborted send rejects with the reason of its signal and is never sent', () => {
  test.each([1, 2, 3])('number %i of three that wait', async (number) => {
    const { directory, producer, consumer } = full();
    const controller = new AbortController();
    const reason = new Error('never mind');
    const sends = sendAll(producer, 3, { [number]: controller.signal });
    await untilAsleep(directory, { producers: 1 });
    controller.abort(reason);
    expect(await rejectionOf(sends[number - 1]!)).toBe(reason);
    expect(await received(consumer, 2)).toEqual([1, 2, 3].filter((other) => other !== number));
    await Promise.all(sends.filter((_, i) => i !== number - 1));
  });

  test('all that wait', async () => {
    const { producer, consumer } = full();
    const controller = new AbortController();
    const sends = sendAll(producer, 3, { 1: controller.signal, 2: controller.signal, 3: controller.signal });
    controller.abort();
    for (const send of sends) expect(await rejectionOf(send)).toMatchObject({ name: 'AbortError' });
    expect(await received(consumer, 0)).toEqual([]);
  });

  test('when it was aborted before, though there is room', async () => {
    const { producer, consumer } = attachedPair(CREATE);
    expect(await rejectionOf(producer.send(payload(1), { signal: AbortSignal.abort('before') }))).toBe('before');
    expect(await received(consumer, 0)).toEqual([]);
  });

  test('and a signal that is aborted afterwards changes nothing', async () => {
    const { producer, consumer } = full();
    const controller = new AbortController();
    const [sent] = sendAll(producer, 1, { 1: controller.signal });
    expect(await received(consumer, 1)).toEqual([1]);
    controller.abort();
    expect(await sent).toBe(producer.position);
  });
});

describe('what is wrong with a message rejects that one alone', () => {
  const wrong: [string, unknown, string][] = [
    ['too large', Buffer.alloc(4097), 'ERR_HERMES_PAYLOAD_TOO_LARGE'],
    ['larger than the lane', Buffer.alloc(100_000), 'ERR_HERMES_PAYLOAD_TOO_LARGE'],
    ['undefined', undefined, 'ERR_HERMES_INVALID_OPTION'],
    ['null', null, 'ERR_HERMES_INVALID_OPTION'],
    ['an array', [1, 2, 3], 'ERR_HERMES_INVALID_OPTION'],
    ['text without a codec', 'text', 'ERR_HERMES_INVALID_OPTION'],
  ];

  test.each(wrong)('%s, while there is room', async (_, value, code) => {
    const { producer, consumer } = attachedPair(CREATE);
    expect(await rejectionCode(producer.send(value as Uint8Array))).toBe(code);
    await producer.send(payload(1));
    expect(await received(consumer, 1)).toEqual([1]);
  });

  test.each(wrong)('%s, behind others that wait', async (_, value, code) => {
    const { producer, consumer } = full();
    const sends = sendAll(producer, 1);
    const rejected = rejectionCode(producer.send(value as Uint8Array));
    sends.push(producer.send(payload(2)));
    expect(await received(consumer, 2)).toEqual([1, 2]);
    expect(await rejected).toBe(code);
    await Promise.all(sends);
  });

  test('a wrong type, behind others that wait', async () => {
    const { producer, consumer } = full();
    const first = producer.send(payload(1));
    const rejected = rejectionCode(producer.send(payload(9), { type: 240 }));
    const last = producer.send(payload(2));
    expect(await received(consumer, 2)).toEqual([1, 2]);
    expect(await rejected).toBe('ERR_HERMES_INVALID_OPTION');
    await Promise.all([first, last]);
  });
});

test('a claim that is open rejects it, and it works again afterwards', async () => {
  const { producer, consumer } = attachedPair(CREATE);
  const claim = producer.tryClaim(10)!;
  expect(await rejectionCode(producer.send(payload(1)))).toBe('ERR_HERMES_INVALID_STATE');
  claim.abort();
  await producer.send(payload(2));
  expect(await received(consumer, 1)).toEqual([2]);
});

test('detaching rejects all that wait, and later calls', async () => {
  const { directory, producer, consumer, count } = full();
  const sends = sendAll(producer, 3);
  await untilAsleep(directory, { producers: 1 });
  producer.detach();
  for (const send of sends) expect(await rejectionCode(send)).toBe('ERR_HERMES_DETACHED');
  expect(await rejectionCode(producer.send(payload(4)))).toBe('ERR_HERMES_DETACHED');
  using successor = attachProducer('ticks', { directory });
  consumer.poll(() => {}, count);
  await successor.send(payload(5));
  expect(await received(consumer, 1)).toEqual([5]);
});

test('removing the segment rejects all that wait with ERR_HERMES_REMOVED', async () => {
  const { directory, producer } = full();
  const sends = sendAll(producer, 3);
  await untilAsleep(directory, { producers: 1 });
  removeSegment('ticks', { directory, force: true });
  for (const send of sends) expect(await rejectionCode(send)).toBe('ERR_HERMES_REMOVED');
});
