import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { IdleStrategy, IdleStrategyName } from '../../src/index.js';
import { SLOT_SLEEP_OFFSET } from '../../src/layout/participant-slot.js';
import { memberSlotIndex, wordAt } from '../../src/ring/indices.js';
import { attachedPair, offerNumbers } from '../support/attached-pair.js';
import { openRaw } from '../support/raw-segment.js';
import { codeOf } from '../support/thrown.js';
import { until } from '../support/until.js';

const STRATEGIES: readonly (IdleStrategyName | IdleStrategy)[] = [
  'spin',
  'balanced',
  'doorbell',
  { spinForUs: 0, sliceUs: 1 },
  { spinForUs: 3000, sliceUs: 100, distanceNs: 0 },
  { spinForUs: Number.POSITIVE_INFINITY, sliceUs: 20 },
];

/** A consumer, and how often it went to sleep so far. */
function watched(idle: IdleStrategyName | IdleStrategy) {
  const pair = attachedPair({}, { idle });
  const { memory } = openRaw(pair.directory);
  const index = wordAt(memberSlotIndex(memory, 0, 0), SLOT_SLEEP_OFFSET);
  return { ...pair, sleepCount: () => Math.ceil(Atomics.load(memory.words, index) / 2) };
}

describe.each(STRATEGIES)('idle %o', (idle) => {
  test('every message wakes who waits', async () => {
    const { producer, consumer } = attachedPair({}, { idle });
    for (let i = 0; i < 10; i++) {
      const waited = consumer.waitAsync();
      await setTimeout(1);
      offerNumbers(producer, i, 1);
      expect(await waited).toBe(true);
      expect(consumer.poll(({ payload }) => expect(payload[0]).toBe(i))).toBe(1);
    }
  });

  test('a timer of the process fires while it waits', async () => {
    const { producer, consumer } = attachedPair({}, { idle });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const waited = consumer.waitAsync();
    await until(() => ticks > 2);
    clearInterval(timer);
    offerNumbers(producer, 0, 1);
    expect(await waited).toBe(true);
  });
});

test('a timer of the process fires while for await always finds something', async () => {
  const { producer, consumer } = attachedPair();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  offerNumbers(producer, 0, 1);
  for await (const _ of consumer) {
    offerNumbers(producer, 0, 1);
    if (ticks === 5) break;
  }
  clearInterval(timer);
});

test('a timer of the process fires while send always finds room', async () => {
  const { producer, consumer } = attachedPair();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  while (ticks < 5) {
    await producer.send(Buffer.alloc(1));
    consumer.poll(() => {});
  }
  clearInterval(timer);
});

test('spin never sleeps, doorbell sleeps at once, figures of one’s own are kept', async () => {
  const sleepsOf = async (idle: IdleStrategyName | IdleStrategy) => {
    const { consumer, sleepCount } = watched(idle);
    consumer.poll(() => {});
    const before = sleepCount();
    const waited = consumer.waitAsync({ timeout: 100 });
    await setTimeout(50);
    const count = sleepCount() - before;
    consumer.detach();
    await waited.catch(() => {});
    return count;
  };
  expect(await sleepsOf('spin')).toBe(0);
  expect(await sleepsOf({ spinForUs: 1e9, sliceUs: 10 })).toBe(0);
  expect(await sleepsOf('doorbell')).toBe(1);
  expect(await sleepsOf('balanced')).toBe(1);
});

test.each([
  'fast',
  { spinForUs: -1, sliceUs: 50 },
  { spinForUs: Number.NaN, sliceUs: 50 },
  { spinForUs: 50, sliceUs: 0 },
  { spinForUs: 50 },
  {},
  null,
])('idle %o is refused', (idle) => {
  expect(codeOf(() => attachedPair({}, { idle: idle as never }))).toBe('ERR_HERMES_INVALID_OPTION');
  expect(codeOf(() => attachedPair({}, {}, { idle: idle as never }))).toBe('ERR_HERMES_INVALID_OPTION');
});
