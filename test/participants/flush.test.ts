import { expect, test } from 'vitest';
import { attachConsumer, createSegment, removeGroup, removeSegment } from '../../src/index.js';
import { untilAsleep } from '../support/asleep.js';
import { attachedPair, fillLane, offerNumbers } from '../support/attached-pair.js';
import { isPending, rejectionCode, rejectionOf } from '../support/rejected.js';

test('flush resolves at once when there is nothing that a group has not handled', async () => {
  const { producer, consumer } = attachedPair();
  await producer.flush();
  offerNumbers(producer, 0, 3);
  consumer.poll(() => {});
  await producer.flush();
});

test('flush waits for every reliable group, and not for lossy ones', async () => {
  const { directory, producer, consumer } = attachedPair({ maxGroups: 4, members: 2 });
  using second = attachConsumer('ticks', { directory, group: 'second', shared: true });
  using _lossy = attachConsumer('ticks', { directory, group: 'lossy', mode: 'lossy' });
  offerNumbers(producer, 0, 3);
  const flushed = producer.flush();
  expect(await isPending(flushed)).toBe(true);
  consumer.poll(() => {});
  expect(await isPending(flushed)).toBe(true);
  second.poll(() => {}, 1);
  expect(await isPending(flushed)).toBe(true);
  second.poll(() => {});
  await flushed;
});

test('flush waits for what a member has read and not acknowledged', async () => {
  const { producer, consumer } = attachedPair({ shared: true, members: 2 });
  offerNumbers(producer, 0, 3);
  consumer.read(() => {});
  const flushed = producer.flush();
  expect(await isPending(flushed)).toBe(true);
  consumer.acknowledge();
  await flushed;
});

test('flush waits for what waits in send before it, and not for what is sent after it', async () => {
  const { producer, consumer } = attachedPair();
  const count = fillLane(producer);
  const sent = producer.send(Buffer.alloc(1000));
  const flushed = producer.flush();
  consumer.poll(() => {}, count);
  await sent;
  offerNumbers(producer, 0, 1);
  expect(await isPending(flushed)).toBe(true);
  consumer.poll(() => {}, 1);
  await flushed;
});

test('flush waits no more for a group that has ended or was removed', async () => {
  const { directory, producer, consumer } = attachedPair({ maxGroups: 3 });
  const guest = attachConsumer('ticks', { directory, group: 'guest' });
  attachConsumer('ticks', { directory, group: 'durable', durable: true }).detach();
  offerNumbers(producer, 0, 3);
  consumer.poll(() => {});
  const flushed = producer.flush();
  expect(await isPending(flushed)).toBe(true);
  guest.detach();
  expect(await isPending(flushed)).toBe(true);
  removeGroup('ticks', 'durable', { directory });
  await flushed;
});

test('flush rejects with the reason of its signal', async () => {
  const { directory, producer } = attachedPair();
  offerNumbers(producer, 0, 1);
  const controller = new AbortController();
  const flushed = producer.flush({ signal: controller.signal });
  await untilAsleep(directory, { producers: 1 });
  controller.abort('late');
  expect(await rejectionOf(flushed)).toBe('late');
  expect(await rejectionOf(producer.flush({ signal: AbortSignal.abort('early') }))).toBe('early');
});

test('flush rejects when the producer detaches, and when the segment is removed', async () => {
  const first = attachedPair();
  offerNumbers(first.producer, 0, 1);
  const flushed = first.producer.flush();
  await untilAsleep(first.directory, { producers: 1 });
  first.producer.detach();
  expect(await rejectionCode(flushed)).toBe('ERR_HERMES_DETACHED');
  expect(await rejectionCode(first.producer.flush())).toBe('ERR_HERMES_DETACHED');

  const second = attachedPair();
  offerNumbers(second.producer, 0, 1);
  const pending = second.producer.flush();
  await untilAsleep(second.directory, { producers: 1 });
  removeSegment('ticks', { directory: second.directory, force: true });
  createSegment('ticks', { directory: second.directory });
  expect(await rejectionCode(pending)).toBe('ERR_HERMES_REMOVED');
});
