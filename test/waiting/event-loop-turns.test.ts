import { describe, expect, test } from 'vitest';
import type { Consumer, IdleStrategyName, Producer } from '../../src/index.js';
import { attachedPair, fillLane } from '../support/attached-pair.js';
import { untilRejected, untilTimerFires } from '../support/turns-counter.js';

const BYTE: Buffer = Buffer.alloc(1);

/** A consumer that always has something to read, and a producer that always has room. */
function busyPair(idle: IdleStrategyName = 'balanced') {
  const { producer, consumer, directory } = attachedPair({}, { idle }, { idle });
  return {
    directory,
    producer,
    consumer,
    /** One message is there. */
    renew() {
      consumer.poll(() => {});
      producer.offer(BYTE);
    },
  };
}

type Call = (pair: ReturnType<typeof busyPair>, signal?: AbortSignal) => () => Promise<unknown>;

const asIt = (pair: ReturnType<typeof busyPair>, next: () => Promise<unknown>) => () => {
  pair.producer.offer(BYTE);
  return next();
};

/** What succeeds without waiting, however often it is called. */
const CALLS: Readonly<Record<string, Call>> = {
  waitAsync(pair, signal) {
    pair.renew();
    return () => pair.consumer.waitAsync({ signal });
  },
  'waitAsync with drain'(pair, signal) {
    pair.producer.detach();
    return () => pair.consumer.waitAsync({ signal, drain: true });
  },
  'waitAsync whose time is over': (pair, signal) => () => pair.consumer.waitAsync({ timeout: 0, signal }),
  batches(pair, signal) {
    const batches = pair.consumer.batches(3, { signal });
    return asIt(pair, () => batches.next());
  },
  send(pair, signal) {
    return () => {
      pair.consumer.poll(() => {});
      return pair.producer.send(BYTE, { signal });
    };
  },
  flush: (pair, signal) => () => pair.producer.flush({ signal }),
};

/** The same, where no signal can be given, or where the call fails. */
const OTHER_CALLS: Readonly<Record<string, Call>> = {
  'for await'(pair) {
    const messages = pair.consumer[Symbol.asyncIterator]();
    return asIt(pair, () => messages.next());
  },
  'an iteration that has ended'(pair) {
    const messages = pair.consumer[Symbol.asyncIterator]();
    void messages.return?.();
    return () => messages.next();
  },
  'send of what is too large': ({ producer }) => {
    const large = Buffer.alloc(producer.maxPayload + 1);
    return () => producer.send(large).catch(() => {});
  },
  'waitAsync with a time that is none': ({ consumer }) => {
    return () => consumer.waitAsync({ timeout: Number.NaN }).catch(() => {});
  },
  'waitAsync of one that has detached': ({ consumer }) => {
    consumer.detach();
    return () => consumer.waitAsync().catch(() => {});
  },
  'send of one that has detached': ({ producer }) => {
    producer.detach();
    return () => producer.send(BYTE).catch(() => {});
  },
  'flush with a signal that was set off': ({ producer }) => {
    return () => producer.flush({ signal: AbortSignal.abort() }).catch(() => {});
  },
};

describe.each(Object.entries({ ...CALLS, ...OTHER_CALLS }))('a loop of %s', (_, call) => {
  test('lets timers fire', async () => {
    const pair = busyPair();
    await untilTimerFires(call(pair));
  });
});

describe.each(Object.entries(CALLS))('a loop of %s', (_, call) => {
  test('is ended by the signal of a time-out', async () => {
    const pair = busyPair();
    const error = await untilRejected(call(pair, AbortSignal.timeout(10)));
    expect(error).toMatchObject({ name: 'TimeoutError' });
  });
});

test.each(['spin', 'doorbell'] as const)('likewise where the idle strategy is %s', async (idle) => {
  for (const call of Object.values(CALLS)) {
    const pair = busyPair(idle);
    await untilTimerFires(call(pair));
  }
});

/** Goes on as long as the event loop has not turned. */
async function untilTurned(step: (hasTurned: () => boolean) => Promise<void>): Promise<void> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  let calls = 0;
  await step(() => {
    if (++calls === 1_000_000) throw new Error('the timer has not fired');
    return ticks > 3;
  });
  clearInterval(timer);
}

test('a loop over a readable that always has something lets timers fire', async () => {
  const { producer, consumer } = attachedPair();
  producer.offer(BYTE);
  await untilTurned(async (hasTurned) => {
    for await (const _ of consumer.readable({ highWaterMark: 4 })) {
      producer.offer(BYTE);
      if (hasTurned()) break;
    }
  });
});

test('a writable that always finds room lets timers fire', async () => {
  const { producer, consumer } = attachedPair();
  await untilTurned(async (hasTurned) => {
    const stream = producer.writable();
    while (!hasTurned()) {
      await new Promise((resolve) => stream.write(BYTE, resolve));
      consumer.poll(() => {});
    }
    stream.destroy();
  });
});

test('what waits in send is sent in turns with the event loop, too', async () => {
  const { producer, consumer } = attachedPair({ capacity: 1024 * 1024 });
  fillLane(producer, 1000);
  const count = 10_000; // less than the lane holds
  const sends = Array.from({ length: count }, () => producer.send(BYTE));
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  consumer.poll(() => {}, 10_000);
  setImmediate(turn);
  await Promise.all(sends);
  isOver = true;
  expect(turns).toBeGreaterThan(3);
});

test('a message that was there when a wait began is there after the turn', async () => {
  const { producer, consumer } = attachedPair() as { producer: Producer; consumer: Consumer };
  producer.offer(BYTE);
  expect(await consumer.waitAsync()).toBe(true);
  expect(consumer.poll(() => {})).toBe(1);
});

test('a consumer that detaches during the turn of its wait rejects it', async () => {
  const { producer, consumer } = attachedPair();
  producer.offer(BYTE);
  const waited = consumer.waitAsync();
  consumer.detach();
  await expect(waited).rejects.toMatchObject({ code: 'ERR_HERMES_DETACHED' });
});
