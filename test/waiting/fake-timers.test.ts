import { syncBuiltinESMExports } from 'node:module';
import nodeTimers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { IdleStrategy, IdleStrategyName } from '../../src/index.js';
import { CONTROL_LOCK_OFFSET } from '../../src/layout/locks.js';
import { withControlLock } from '../../src/membership/control-lock.js';
import { attachedPair, fillLane, offerNumbers } from '../support/attached-pair.js';
import { Child } from '../support/child.js';
import { openRaw } from '../support/raw-segment.js';
import { codeOf } from '../support/thrown.js';

const realTimeout = globalThis.setTimeout;
const afterMs = (ms: number) => new Promise((resolve) => realTimeout(resolve, ms));

/** As test tools do it; nothing that was replaced moves by itself. */
const FAKES: readonly (readonly [string, () => void])[] = [
  ['all that vitest fakes', () => vi.useFakeTimers()],
  ['all that vitest fakes, at another time', () => vi.useFakeTimers({ now: new Date('2001-09-09') })],
  ['performance.now', () => void vi.spyOn(performance, 'now').mockReturnValue(performance.now())],
  ['a performance.now that goes back', () => void vi.spyOn(performance, 'now').mockImplementation(goingBack)],
  ['performance', () => vi.stubGlobal('performance', { now: () => 0 })],
  ['Date.now', () => void vi.spyOn(Date, 'now').mockReturnValue(0)],
  ['process.hrtime', () => void vi.spyOn(process.hrtime, 'bigint').mockReturnValue(0n)],
  ['timers', () => fakeTimers()],
];

let backwardsMs = 1e9;
function goingBack(): number {
  return --backwardsMs;
}

const never = (() => ({ ref() {}, unref() {}, hasRef: () => false })) as never;

/** Of the globals and of Node's modules, also as those see it that have imported them. */
function fakeTimers(): void {
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval'] as const) {
    vi.stubGlobal(name, never);
    vi.spyOn(nodeTimers, name as 'setTimeout').mockImplementation(never);
  }
  for (const name of ['setTimeout', 'setImmediate'] as const) {
    vi.spyOn(timersPromises, name).mockReturnValue(new Promise(() => {}) as never);
  }
  syncBuiltinESMExports();
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

const IDLE: readonly (IdleStrategyName | IdleStrategy)[] = ['spin', 'balanced', { spinForUs: 2000, sliceUs: 100 }];

describe.each(FAKES)('with %s replaced', (_, fake) => {
  test.each(IDLE)('waits end with their time (idle %o)', async (idle) => {
    const { consumer } = attachedPair({}, { idle });
    fake();
    expect(await consumer.waitAsync({ timeout: 5 })).toBe(false);
    expect(consumer.wait({ timeout: 5 })).toBe(false);
  });

  test('waits end with news, and loops have their turns', async () => {
    const { producer, consumer } = attachedPair();
    fake();
    const waited = consumer.waitAsync();
    await afterMs(5);
    offerNumbers(producer, 0, 1);
    expect(await waited).toBe(true);
    for (let i = 0; i < 2000; i++) await consumer.waitAsync();
    for await (const { payload } of consumer) {
      offerNumbers(producer, payload[0]! + 1, 1);
      if (payload[0] === 200) break;
    }
  });

  test('send, flush and streams go on', async () => {
    const { producer, consumer } = attachedPair();
    const count = fillLane(producer);
    fake();
    const sent = producer.send(Buffer.alloc(1000));
    const flushed = producer.flush();
    await afterMs(5);
    expect(consumer.poll(() => {}, 1000)).toBe(count);
    await sent;
    expect(consumer.poll(() => {})).toBe(1);
    await flushed;
    producer.writable().end(Buffer.from('last'));
    for await (const value of consumer.readable()) {
      expect(value.toString()).toBe('last');
      break;
    }
  });

  test('messages carry the time at which they were sent', () => {
    const before = BigInt(Date.now());
    const { producer, consumer } = attachedPair();
    fake();
    offerNumbers(producer, 0, 1);
    let timestamp = 0n;
    consumer.poll((message) => {
      timestamp = message.timestamp;
    });
    expect(timestamp / 1_000_000n).toBeGreaterThanOrEqual(before - 1000n);
    expect(timestamp / 1_000_000n).toBeLessThan(before + 600_000n);
  });

  test('who waits for a lock in vain is told so', () => {
    const { directory } = attachedPair();
    const [holder, other] = [openRaw(directory), openRaw(directory)];
    expect(holder.locks.tryLock(CONTROL_LOCK_OFFSET)).toBe(true);
    fake();
    expect(codeOf(() => withControlLock(other, () => {}, 20))).toBe('ERR_HERMES_BUSY');
  });
});

/** A process in which everything is replaced by `fake` before Hermes is loaded. */
async function linesOf(fake: string, body: string): Promise<string> {
  const { directory } = attachedPair({ maxGroups: 4, producers: 2 });
  const child = Child.start(
    `${fake}
     const { attachConsumer, attachProducer } = await import('hermes:index.js');
     const options = { directory: process.argv[1], group: 'second' };
     ${body}
     process.exit();`,
    directory,
  );
  return child.line();
}

const STILL = `
  const { performance: clock } = await import('node:perf_hooks');
  Object.getPrototypeOf(clock).now = clock.now = () => 1e6;
  globalThis.performance = { now: () => 1e6 };
  process.hrtime.bigint = () => 0n;
  Date.now = () => 0;`;

describe('with clocks that stand still before Hermes is loaded', () => {
  test.each(['spin', 'balanced', 'doorbell'])('waits end (idle %s)', async (idle) => {
    const body = `const consumer = attachConsumer('ticks', { ...options, idle: '${idle}' });
      console.log(consumer.wait({ timeout: 20 }), await consumer.waitAsync({ timeout: 20 }));`;
    expect(await linesOf(STILL, body)).toBe('false false');
  });

  test('the event loop has its turns', async () => {
    const body = `const consumer = attachConsumer('ticks', options);
      let isOver = false;
      setTimeout(() => { isOver = true; });
      while (!isOver) await consumer.waitAsync({ timeout: 0 });
      console.log('turned');`;
    expect(await linesOf(STILL, body)).toBe('turned');
  });
});

test('with timers that never fire before Hermes is loaded, what needs none goes on', async () => {
  const fake = `
    const timers = (await import('node:timers')).default;
    const promises = (await import('node:timers/promises')).default;
    for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
      globalThis[name] = timers[name] = () => ({ ref() {}, unref() { return this; } });
      promises[name] = () => new Promise(() => {});
    }
    (await import('node:module')).syncBuiltinESMExports();`;
  const body = `const consumer = attachConsumer('ticks', options);
    const end = performance.now() + 20;
    while (performance.now() < end) await consumer.waitAsync({ timeout: 0 });
    console.log('turned', consumer.wait({ timeout: 5 }));`;
  expect(await linesOf(fake, body)).toBe('turned false');
});

test('with process.nextTick and queueMicrotask replaced, waits end', async () => {
  const body = `const producer = attachProducer('ticks', { directory: options.directory });
    const consumer = attachConsumer('ticks', options);
    const { nextTick } = process;
    process.nextTick = globalThis.queueMicrotask = () => {};
    const outcomes = [await consumer.waitAsync({ timeout: 5 })];
    setTimeout(() => producer.offer(Buffer.alloc(1)), 5);
    outcomes.push(await consumer.waitAsync());
    process.nextTick = nextTick;
    console.log(...outcomes);`;
  expect(await linesOf('', body)).toBe('false true');
});
