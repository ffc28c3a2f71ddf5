import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachConsumerAsync,
  attachProducer,
  attachProducerAsync,
  createSegment,
} from '../../src/index.js';
import { attachedChild, Child } from '../support/child.js';
import { SMALL } from '../support/raw-segment.js';
import { isPending, rejectionCode, rejectionOf } from '../support/rejected.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

/** For the watchdog: what is waited for comes much earlier. */
const LONG_MS = 60_000;

describe('waitMs', () => {
  test('waits, blocking, for a segment that another process creates', async () => {
    const directory = scratchDirectory();
    const child = Child.start(
      `
      import { once } from 'node:events';
      import { createSegment } from 'hermes:index.js';
      const [directory] = process.argv.slice(1);
      console.log('ready');
      setTimeout(() => createSegment('jobs', { producers: 1, capacity: 65536, directory }), 100);`,
      directory,
    );
    await child.line();
    expect(codeOf(() => attachConsumer('jobs', { directory }))).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
    const consumer = attachConsumer('jobs', { directory, waitMs: LONG_MS });
    const producer = attachProducer('jobs', { directory, waitMs: LONG_MS });
    expect([producer.offer(Buffer.from('x')) > 0, consumer.poll(() => {})]).toEqual([true, 1]);
  });

  test('waits for a place that another has, until that goes', async () => {
    const directory = scratchDirectory();
    createSegment('jobs', { ...SMALL, directory });
    const at = JSON.stringify({ directory });
    const child = await attachedChild(`attachProducer('jobs', ${at})`);
    expect(thrownBy(() => attachProducer('jobs', { directory, waitMs: 30 }))).toMatchObject({
      code: 'ERR_HERMES_NO_FREE_LANE',
      message: expect.stringMatching(/ \(waited for 30 ms\)$/),
    });
    expect(thrownBy(() => attachProducer('jobs', { directory })).message).not.toMatch(/waited/);
    const attaching = attachProducerAsync('jobs', { directory });
    expect(await isPending(attaching, 100)).toBe(true);
    await child.kill('SIGKILL');
    expect((await attaching).offer(Buffer.from('x'))).toBeGreaterThan(0);
  });

  test('ends with the error of the last look, when it is over', async () => {
    const directory = scratchDirectory();
    const attaching = attachConsumerAsync('jobs', { directory, waitMs: 400 });
    await sleep(50);
    createSegment('jobs', { ...SMALL, directory });
    (await attaching).ref(); // it is there
    expect(await rejectionCode(attachConsumerAsync('jobs', { directory, waitMs: 20 }))).toBe(
      'ERR_HERMES_NO_FREE_MEMBER',
    );
    expect(await rejectionCode(attachConsumerAsync('none', { directory, waitMs: 0 }))).toBe(
      'ERR_HERMES_SEGMENT_NOT_FOUND',
    );
  });

  test('does not wait for what time cannot mend', async () => {
    const directory = scratchDirectory();
    createSegment('jobs', { ...SMALL, groups: { workers: {} }, directory });
    const error = await rejectionOf(attachConsumerAsync('jobs', { directory, waitMs: LONG_MS }));
    expect(error).toMatchObject({ code: 'ERR_HERMES_INVALID_OPTION', message: expect.stringMatching(/workers/) });
    expect(codeOf(() => attachConsumer('../x', { directory, waitMs: LONG_MS }))).toBe('ERR_HERMES_INVALID_NAME');
  });

  test.each([-1, Number.NaN, '10', null])('%j is refused', async (waitMs) => {
    const options = { waitMs: waitMs as number };
    expect(thrownBy(() => attachProducer('jobs', options)).message).toMatch(/waitMs is .*milliseconds/);
    expect(await rejectionCode(attachConsumerAsync('jobs', options))).toBe('ERR_HERMES_INVALID_OPTION');
  });
});

describe('an asynchronous attachment', () => {
  test('rejects with the reason of its signal, and leaves nothing attached', async () => {
    const directory = scratchDirectory();
    const stop = new AbortController();
    const attaching = attachConsumerAsync('jobs', { directory, signal: stop.signal });
    expect(await isPending(attaching, 50)).toBe(true);
    stop.abort('enough');
    expect(await rejectionOf(attaching)).toBe('enough');
    createSegment('jobs', { ...SMALL, directory });
    expect(await rejectionOf(attachProducerAsync('jobs', { directory, signal: stop.signal }))).toBe('enough');
    attachProducer('jobs', { directory }); // the one lane is free
    attachConsumer('jobs', { directory });
  });

  test('lets the event loop turn meanwhile', async () => {
    const directory = scratchDirectory();
    const attaching = attachConsumerAsync('jobs', { directory });
    let turns = 0;
    const timer = setInterval(() => {
      if (++turns === 3) createSegment('jobs', { ...SMALL, directory });
    }, 5);
    await attaching;
    clearInterval(timer);
  });

  test('refuses what is no signal', async () => {
    const signal = {} as AbortSignal;
    expect(await rejectionCode(attachProducerAsync('jobs', { signal }))).toBe('ERR_HERMES_INVALID_OPTION');
  });
});
