import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { attachProducer } from '../../src/index.js';
import { untilAsleep } from '../support/asleep.js';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';
import { Child } from '../support/child.js';
import { sleepingConsumer, smallSegment, UNAIDED } from './sleeping.js';

const LIBRARY = new URL('../../src/index.js', import.meta.url).href;

describe('a sleeping consumer is woken', () => {
  test('by every message of a producer that attached before and after it', async () => {
    const directory = smallSegment({ producers: 2 });
    using before = attachProducer('ticks', { directory });
    const consumer = sleepingConsumer(directory, '');
    expect(await consumer.line()).toBe('sleeps');
    await untilAsleep(directory, { consumers: 1 });
    using after = attachProducer('ticks', { directory });
    for (const [i, producer] of [before, after, before, after].entries()) {
      offerNumbers(producer, i, 1);
      expect(await consumer.line()).toBe(`${i}`);
      await untilAsleep(directory, { consumers: 1 });
    }
  });

  test('by a batch and by a claim', async () => {
    const directory = smallSegment();
    using producer = attachProducer('ticks', { directory });
    const consumer = sleepingConsumer(directory, '');
    expect(await consumer.line()).toBe('sleeps');
    await untilAsleep(directory, { consumers: 1 });
    producer.offerBatch([Buffer.from([1])]);
    expect(await consumer.line()).toBe('1');
    await untilAsleep(directory, { consumers: 1 });
    const claim = producer.tryClaim(1)!;
    claim.buffer[claim.offset] = 2;
    claim.commit();
    expect(await consumer.line()).toBe('2');
  });

  test('together with those of all other groups', async () => {
    const directory = smallSegment();
    using producer = attachProducer('ticks', { directory });
    const consumers = ['', `group: 'queue', shared: true`, `group: 'lossy', mode: 'lossy'`].map((options) =>
      sleepingConsumer(directory, options),
    );
    for (const consumer of consumers) expect(await consumer.line()).toBe('sleeps');
    await untilAsleep(directory, { consumers: 3 });
    for (let i = 0; i < 3; i++) {
      offerNumbers(producer, i, 1);
      for (const consumer of consumers) expect(await consumer.line()).toBe(`${i}`);
      await untilAsleep(directory, { consumers: 3 });
    }
  });

  test('with all members of its shared group: none of them sleeps on while there is something', async () => {
    const directory = smallSegment({ shared: true });
    using producer = attachProducer('ticks', { directory });
    const members = [0, 1, 2].map(() =>
      Child.start(
        `${UNAIDED}
         const { attachConsumer } = await import('hermes:index.js');
         const consumer = attachConsumer('ticks', { directory: process.argv[1], idle: 'doorbell' });
         consumer.poll(() => {});
         console.log('sleeps');
         await consumer.waitAsync();
         console.log('woken');
         process.stdin.once('data', () => consumer.detach());`,
        directory,
      ),
    );
    for (const member of members) expect(await member.line()).toBe('sleeps');
    await untilAsleep(directory, { consumers: 3 });
    offerNumbers(producer, 0, 1);
    for (const member of members) expect(await member.line()).toBe('woken');
  });

  test('in a worker thread by another, and by the main thread', async () => {
    const { directory, producer } = attachedPair({ producers: 2, maxGroups: 3 });
    const text = `
      import { parentPort } from 'node:worker_threads';
      import { attachConsumer, attachProducer } from ${JSON.stringify(LIBRARY)};
      const options = { directory: ${JSON.stringify(directory)}, idle: 'doorbell' };
      const consumer = attachConsumer('ticks', { ...options, group: 'worker' });
      parentPort.once('message', () => {
        const producer = attachProducer('ticks', options);
        producer.offer(Buffer.from([7]));
        producer.detach();
      });
      parentPort.postMessage('sleeps');
      for await (const { payload } of consumer) parentPort.postMessage(payload[0]);`;
    const workers = [0, 1].map(
      (i) =>
        new Worker(
          new URL(`data:text/javascript,${encodeURIComponent(i === 0 ? text : text.replace("'worker'", "'other'"))}`),
        ),
    );
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    await untilAsleep(directory, { consumers: 2 });
    const received = () => Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
    const first = received();
    offerNumbers(producer, 3, 1);
    expect(await first).toEqual([3, 3]);
    const second = received();
    workers[1]!.postMessage('offer');
    expect(await second).toEqual([7, 7]);
    for (const worker of workers) await worker.terminate();
  });

  test.each(['its slow look', 'the coordinator'])(
    'for what a producer published that was killed before it rang, by %s',
    async (by) => {
      const directory = smallSegment();
      const consumer = sleepingConsumer(directory, '', by === 'its slow look' ? '' : UNAIDED);
      expect(await consumer.line()).toBe('sleeps');
      await untilAsleep(directory, { consumers: 1 });
      const producer = Child.start(
        `import { Doorbells } from 'hermes:segment/doorbells.js';
         import { attachProducer } from 'hermes:index.js';
         const producer = attachProducer('ticks', { directory: process.argv[1] });
         Doorbells.prototype.ringConsumers = () => process.kill(process.pid, 'SIGKILL');
         setTimeout(() => producer.offer(Buffer.from([9])), 50); // the consumer sleeps again`,
        directory,
      );
      expect(await producer.ended).toBe('SIGKILL');
      if (by === 'the coordinator') {
        const coordinator = Child.start(
          `import { Coordinator } from 'hermes:index.js';
           new Coordinator({ directory: process.argv[1] });`,
          directory,
        );
        expect(await consumer.line()).toBe('9');
        await coordinator.kill('SIGKILL');
      } else {
        expect(await consumer.line()).toBe('9');
      }
    },
  );
});
