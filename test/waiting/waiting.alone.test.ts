import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { removeSegment } from '../../src/index.js';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';
import { Child } from '../support/child.js';
import { isPending, rejectionCode, rejectionOf } from '../support/rejected.js';
import { codeOf } from '../support/thrown.js';

const LIBRARY = new URL('../../src/index.js', import.meta.url).href;
const STRATEGIES = ['spin', 'balanced', 'doorbell'] as const;

/** A process that offers one message `delayMs` after it was told to. */
async function tellingProducer(directory: string, delayMs: number): Promise<Child> {
  const child = Child.start(
    `import { attachProducer } from 'hermes:index.js';
     const producer = attachProducer('ticks', { directory: process.argv[1] });
     process.stdin.on('data', () => setTimeout(() => producer.offer(Buffer.from([1])), ${delayMs}));
     console.log('attached');`,
    directory,
  );
  await child.line();
  return child;
}

describe.each(STRATEGIES)('waitAsync (%s)', (idle) => {
  test('resolves with true when there is something, before or later', async () => {
    const { producer, consumer } = attachedPair({}, { idle });
    consumer.poll(() => {});
    const waited = consumer.waitAsync();
    expect(await isPending(waited)).toBe(true);
    offerNumbers(producer, 0, 1);
    expect(await waited).toBe(true);
    expect(await consumer.waitAsync({ timeout: 0 })).toBe(true);
    expect(consumer.poll(() => {})).toBe(1);
  });

  test('resolves with false at the time-out', async () => {
    const { consumer } = attachedPair({}, { idle });
    consumer.poll(() => {});
    expect(await consumer.waitAsync({ timeout: 0 })).toBe(false);
    const startMs = performance.now();
    expect(await consumer.waitAsync({ timeout: 30 })).toBe(false);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(29);
  });

  test('rejects with the reason of its signal, also when that was aborted before', async () => {
    const { consumer } = attachedPair({}, { idle });
    const controller = new AbortController();
    const waited = consumer.waitAsync({ signal: controller.signal });
    const early = rejectionOf(consumer.waitAsync({ signal: AbortSignal.abort('early') }));
    await setTimeout(5);
    controller.abort('late');
    expect(await rejectionOf(waited)).toBe('late');
    expect(await early).toBe('early');
  });

  test('rejects when the consumer detaches, and afterwards', async () => {
    const { consumer } = attachedPair({}, { idle });
    const waits = [consumer.waitAsync(), consumer.waitAsync({ timeout: 10_000 })];
    await setTimeout(5);
    consumer.detach();
    for (const wait of waits) expect(await rejectionCode(wait)).toBe('ERR_HERMES_DETACHED');
    expect(await rejectionCode(consumer.waitAsync())).toBe('ERR_HERMES_DETACHED');
  });

  test('resolves when the segment is removed, of which poll tells', async () => {
    const { directory, consumer } = attachedPair({}, { idle });
    const waited = consumer.waitAsync();
    await setTimeout(5);
    removeSegment('ticks', { directory, force: true });
    expect(await waited).toBe(true);
    expect(codeOf(() => consumer.poll(() => {}))).toBe('ERR_HERMES_REMOVED');
  });

  test('several waits all resolve by one message', async () => {
    const { producer, consumer } = attachedPair({}, { idle });
    const waits = [consumer.waitAsync(), consumer.waitAsync(), consumer.waitAsync()];
    await setTimeout(5);
    offerNumbers(producer, 0, 1);
    expect(await Promise.all(waits)).toEqual([true, true, true]);
  });

  test('a wait that is over leaves none of its listeners on the signal', async () => {
    const { consumer } = attachedPair({}, { idle });
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => [listeners++, add(...args)];
    signal.removeEventListener = (...args: Parameters<typeof remove>) => [listeners--, remove(...args)];
    for (let i = 0; i < 5; i++) await consumer.waitAsync({ signal, timeout: 1 });
    expect(listeners).toBe(0);
  });

  test('with drain resolves when the last producer has detached and all is read', async () => {
    const { producer, consumer } = attachedPair({}, { idle });
    offerNumbers(producer, 0, 1);
    const waits: boolean[] = [await consumer.waitAsync({ drain: true })];
    consumer.poll(() => {});
    const drained = consumer.waitAsync({ drain: true });
    expect(await isPending(drained)).toBe(true);
    producer.detach();
    waits.push(await drained);
    expect([...waits, consumer.isDrained()]).toEqual([true, true, true]);
  });
});

describe.each(STRATEGIES)('wait (%s) blocks the thread', (idle) => {
  test('until a message comes from another process', async () => {
    const { directory, consumer } = attachedPair({ producers: 2 }, { idle });
    const child = await tellingProducer(directory, 30);
    consumer.poll(() => {});
    child.tell('offer');
    await setTimeout(1); // the line leaves
    expect(consumer.wait()).toBe(true);
    expect(consumer.poll(({ payload }) => expect(payload).toEqual(Buffer.from([1])))).toBe(1);
  });

  test('until the time-out: false', () => {
    const { consumer } = attachedPair({}, { idle });
    consumer.poll(() => {});
    expect(consumer.wait({ timeout: 0 })).toBe(false);
    const startMs = performance.now();
    expect(consumer.wait({ timeout: 30 })).toBe(false);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(29);
  });

  test('not at all while there is something', () => {
    const { producer, consumer } = attachedPair({}, { idle });
    offerNumbers(producer, 0, 1);
    expect(consumer.wait()).toBe(true);
    consumer.detach();
    expect(codeOf(() => consumer.wait({ timeout: 0 }))).toBe('ERR_HERMES_DETACHED');
  });
});

test('what blocks the thread does not take the wake-up of those who wait without blocking', async () => {
  const { directory, consumer } = attachedPair({ producers: 2 }, { idle: 'doorbell' });
  consumer.poll(() => {});
  const waited = consumer.waitAsync();
  const child = await tellingProducer(directory, 20);
  child.tell('offer');
  await setTimeout(1);
  expect(consumer.wait()).toBe(true);
  expect(await waited).toBe(true);
});

describe.each(['wait', 'waitAsync'] as const)('in a worker thread, %s', (how) => {
  function waitingWorker(directory: string): Worker {
    const text = `
      import { parentPort } from 'node:worker_threads';
      import { attachConsumer } from ${JSON.stringify(LIBRARY)};
      const consumer = attachConsumer('ticks', { directory: ${JSON.stringify(directory)}, group: 'worker', idle: 'doorbell' });
      consumer.poll(() => {});
      parentPort.postMessage('waits');
      const woken = await consumer.${how}();
      consumer.poll(({ payload }) => parentPort.postMessage([woken, payload[0]]));
      consumer.detach();`;
    return new Worker(new URL(`data:text/javascript,${encodeURIComponent(text)}`));
  }

  test('is woken by another process', async () => {
    const { directory } = attachedPair({ producers: 2, maxGroups: 3 });
    const child = await tellingProducer(directory, 20);
    const worker = waitingWorker(directory);
    const exited = once(worker, 'exit'); // Node tells it right after the last message, before whoever awaits that goes on
    await once(worker, 'message');
    child.tell('offer');
    expect((await once(worker, 'message'))[0]).toEqual([true, 1]);
    await exited;
  });

  test('ends when the worker is terminated', async () => {
    const { directory } = attachedPair({ maxGroups: 3 });
    const worker = waitingWorker(directory);
    await once(worker, 'message');
    await setTimeout(20);
    await worker.terminate();
  });
});

test('a time-out that is no number of milliseconds is refused', async () => {
  const { consumer } = attachedPair();
  for (const timeout of [-1, Number.NaN]) {
    expect(await rejectionCode(consumer.waitAsync({ timeout }))).toBe('ERR_HERMES_INVALID_OPTION');
    expect(codeOf(() => consumer.wait({ timeout }))).toBe('ERR_HERMES_INVALID_OPTION');
  }
});
