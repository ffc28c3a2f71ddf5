import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Consumer, IterationOptions } from '../../src/index.js';
import { recordLength } from '../../src/layout/record.js';
import { laneOffset } from '../../src/ring/indices.js';
import { untilAsleep } from '../support/asleep.js';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';
import { Child } from '../support/child.js';
import { openRaw } from '../support/raw-segment.js';
import { rejectionCode, rejectionOf } from '../support/rejected.js';

/** The first bytes of what comes, batch by batch. */
async function batchesOf(consumer: Consumer, limit?: number, options?: IterationOptions): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const batch of consumer.batches(limit, options)) batches.push(batch.map(({ payload }) => payload[0]!));
  return batches;
}

/** What is left in the group, as poll finds it. */
function rest(consumer: Consumer): number[] {
  const numbers: number[] = [];
  while (consumer.poll(({ payload }) => numbers.push(payload[0]!)) > 0);
  return numbers;
}

describe.each([false, true])('batches (shared: %s)', (shared) => {
  const create = { shared, members: 2 };

  test('hold what there is, up to the limit', async () => {
    const { producer, consumer } = attachedPair(create);
    offerNumbers(producer, 0, 7);
    producer.detach();
    expect(await batchesOf(consumer, 3, { drain: true })).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  test('are acknowledged when the next one is asked for', async () => {
    const { producer, consumer } = attachedPair(create);
    offerNumbers(producer, 0, 6);
    const batches = consumer.batches(2);
    await batches.next();
    await batches.next();
    await batches.return!();
    expect(rest(consumer)).toEqual([2, 3, 4, 5]);
  });
});

test('a batch has up to 256 messages when there is no limit', async () => {
  const { producer, consumer } = attachedPair();
  offerNumbers(producer, 0, 300);
  producer.detach();
  const batches = await batchesOf(consumer, undefined, { drain: true });
  expect(batches.map(({ length }) => length)).toEqual([256, 44]);
});

test('the limit holds also for what a killed member held', async () => {
  const { directory, producer, consumer } = attachedPair({ shared: true, members: 2 });
  const holder = Child.start(
    `import { attachConsumer } from 'hermes:index.js';
     const consumer = attachConsumer('ticks', { directory: process.argv[1] });
     consumer.read(() => {}, 5);
     console.log('holding');
     setInterval(() => consumer, 1000);`,
    directory,
  );
  offerNumbers(producer, 0, 5);
  await holder.line();
  await holder.kill('SIGKILL');
  offerNumbers(producer, 5, 2);
  producer.detach();
  const batches = await batchesOf(consumer, 2, { drain: true });
  expect(batches.flat().toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(Math.max(...batches.map(({ length }) => length))).toBe(2);
});

describe('an aborted iteration', () => {
  test('rejects with the reason of the signal while it sleeps, and leaves the consumer as it is', async () => {
    const { directory, producer, consumer } = attachedPair();
    const controller = new AbortController();
    const reason = new Error('enough');
    const batches = batchesOf(consumer, 8, { signal: controller.signal });
    await untilAsleep(directory, { consumers: 1 });
    controller.abort(reason);
    expect(await rejectionOf(batches)).toBe(reason);
    offerNumbers(producer, 0, 1);
    expect(rest(consumer)).toEqual([0]);
  });

  test('rejects at once when the signal was aborted before', async () => {
    const { producer, consumer } = attachedPair();
    offerNumbers(producer, 0, 1);
    const reason = new Error('before');
    expect(await rejectionOf(batchesOf(consumer, 8, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(rest(consumer)).toEqual([0]);
  });

  test('rejects in the middle of messages too: the last batch comes again', async () => {
    const { producer, consumer } = attachedPair();
    offerNumbers(producer, 0, 6);
    const controller = new AbortController();
    const seen: number[][] = [];
    const iterating = (async () => {
      for await (const batch of consumer.batches(2, { signal: controller.signal })) {
        seen.push(batch.map(({ payload }) => payload[0]!));
        if (seen.length === 2) controller.abort();
      }
    })();
    expect(await rejectionOf(iterating)).toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(rest(consumer)).toEqual([2, 3, 4, 5]);
  });
});

describe('draining', () => {
  const PRODUCE = `
    import { attachProducer } from 'hermes:index.js';
    const producer = attachProducer('ticks', { directory: process.argv[1] });
    for (let i = 0; i < 10; i++) producer.offer(Buffer.from([i]));
    console.log('offered');
    setInterval(() => producer, 1000);`;

  test.each(['balanced', 'doorbell'] as const)('ends when the last producer is SIGKILLed (%s)', async (idle) => {
    const { directory, producer, consumer } = attachedPair({ producers: 2 }, { idle });
    const child = Child.start(PRODUCE, directory);
    await child.line();
    producer.detach();
    const drained = batchesOf(consumer, 4, { drain: true });
    await setTimeout(20);
    await child.kill('SIGKILL');
    expect((await drained).flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('waits for a first producer', async () => {
    const { directory, producer, consumer } = attachedPair({ producers: 2 });
    producer.detach();
    using second = (await import('../../src/index.js')).attachProducer('ticks', { directory });
    const drained = batchesOf(consumer, 4, { drain: true });
    await setTimeout(10);
    offerNumbers(second, 1, 1);
    second.detach();
    expect(await drained).toEqual([[1]]);
  });
});

test('messages before a damaged record are handed out, and acknowledged, before the error', async () => {
  const { directory, producer, consumer } = attachedPair();
  offerNumbers(producer, 0, 4);
  const { memory } = openRaw(directory);
  memory.words[(laneOffset(memory, 0) + 2 * recordLength(1)) / 4] = 0; // the magic of the third
  const batches = consumer.batches(8);
  const { value } = await batches.next();
  expect(value.map(({ payload }: { payload: Buffer }) => payload[0])).toEqual([0, 1]);
  expect(await rejectionCode(batches.next())).toBe('ERR_HERMES_CORRUPT_SEGMENT');
  expect(await batches.next()).toEqual({ done: true, value: undefined });
  expect(await rejectionCode(consumer.batches(8).next())).toBe('ERR_HERMES_CORRUPT_SEGMENT');
});
