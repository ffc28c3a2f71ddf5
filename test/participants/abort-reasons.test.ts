import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Codec, Consumer, Producer } from '../../src/index.js';
import { attachedPair, fillLane, offerNumbers } from '../support/attached-pair.js';
import { rejectionCode, rejectionOf } from '../support/rejected.js';

/** What a signal may be set off with, and a codec may throw: also what many take for no error. */
const REASONS: readonly unknown[] = [null, false, 0, Number.NaN, '', 'text', Symbol('reason'), new Error('reason')];

type Call = (pair: { producer: Producer; consumer: Consumer }, signal: AbortSignal) => Promise<unknown>;

/** Calls that wait for ever where nothing is read. */
const WAITS: Readonly<Record<string, Call>> = {
  waitAsync: ({ consumer }, signal) => consumer.waitAsync({ signal }),
  batches: ({ consumer }, signal) => consumer.batches(1, { signal }).next(),
  send: ({ producer }, signal) => producer.send(Buffer.alloc(1000), { signal }),
  flush: ({ producer }, signal) => producer.flush({ signal }),
};

/** A pair in which everything waits. */
function waitingPair(idle: 'spin' | 'doorbell') {
  const { directory, producer } = attachedPair({ maxGroups: 2 }, {}, { idle });
  const other = attachedPair({}, { idle });
  fillLane(producer, 1000);
  return { directory, producer, consumer: other.consumer };
}

describe.each(Object.entries(WAITS))('%s rejects with the reason of its signal', (_, call) => {
  test.each(REASONS)('%o, while it sleeps', async (reason) => {
    const ending = new AbortController();
    const waited = call(waitingPair('doorbell'), ending.signal);
    await setTimeout(2);
    ending.abort(reason);
    expect(await rejectionOf(waited)).toBe(reason);
  });

  test.each([null, false])('%o, while it looks', async (reason) => {
    const ending = new AbortController();
    const waited = call(waitingPair('spin'), ending.signal);
    await setTimeout(2);
    ending.abort(reason);
    expect(await rejectionOf(waited)).toBe(reason);
  });

  test.each(REASONS)('%o, before it begins', async (reason) => {
    expect(await rejectionOf(call(waitingPair('doorbell'), AbortSignal.abort(reason)))).toBe(reason);
  });

  test('an AbortError where none is given', async () => {
    const ending = new AbortController();
    const waited = call(waitingPair('doorbell'), ending.signal);
    await setTimeout(2);
    ending.abort();
    expect(await rejectionOf(waited)).toMatchObject({ name: 'AbortError' });
  });

  test('undefined, of a signal of another make', async () => {
    const signal = Object.assign(new EventTarget(), { aborted: false, reason: undefined });
    const waited = call(waitingPair('doorbell'), signal as unknown as AbortSignal);
    await setTimeout(2);
    signal.aborted = true;
    signal.dispatchEvent(new Event('abort'));
    expect(await rejectionOf(waited)).toBe(undefined);
  });

  test('the error of a consumer that has detached', async () => {
    const other = attachedPair().consumer;
    other.detach();
    const reason = await rejectionOf(other.waitAsync());
    const ending = new AbortController();
    const waited = call(waitingPair('doorbell'), ending.signal);
    await setTimeout(2);
    ending.abort(reason);
    expect(await rejectionOf(waited)).toBe(reason);
  });
});

test.each([null, {}, 'signal', new AbortController(), 1, true])('%o is refused as a signal', async (signal) => {
  for (const call of Object.values(WAITS)) {
    const start = async () => call(waitingPair('doorbell'), signal as unknown as AbortSignal);
    expect(await rejectionCode(start())).toBe('ERR_HERMES_INVALID_OPTION');
  }
});

const throwing = (what: unknown): Codec<unknown> => ({
  encode() {
    throw what;
  },
  decode() {
    throw what;
  },
});

describe.each([undefined, ...REASONS])('a codec that throws %o', (what) => {
  const codec = throwing(what);

  test('makes send, offer and poll fail with just that', async () => {
    const { producer, consumer } = attachedPair<unknown, unknown>({}, { codec }, { codec });
    expect(await rejectionOf(producer.send(1))).toBe(what);
    const thrown: unknown[] = [];
    const caught = (action: () => unknown) => {
      try {
        action();
      } catch (error) {
        thrown.push(error);
      }
    };
    caught(() => producer.offer(1));
    producer.detach();
    expect(thrown).toEqual([what]);
    expect(consumer.poll(() => {})).toBe(0);
  });

  test('is what a loop fails with, and the message comes again', async () => {
    const { producer, consumer } = attachedPair<Uint8Array, unknown>({}, { codec });
    offerNumbers(producer, 7, 1);
    const loop = async () => {
      for await (const message of consumer) message.value;
    };
    expect(await rejectionOf(loop())).toBe(what);
    expect(consumer.poll(({ payload }) => expect(payload[0]).toBe(7))).toBe(1);
  });

  test('destroys a readable and a writable with an error', async () => {
    const { producer, consumer } = attachedPair<unknown, unknown>({}, { codec }, {});
    const writer = attachedPair<unknown>({}, {}, { codec }).producer;
    producer.offer(Buffer.alloc(1));
    const readable = consumer.readable().resume();
    const [readError] = await once(readable, 'error');
    const writable = writer.writable();
    writable.write({});
    const [writeError] = await once(writable, 'error');
    for (const error of [readError, writeError]) {
      if (what) expect(error).toBe(what);
      else expect(error).toMatchObject({ code: 'ERR_HERMES_INVALID_STATE', cause: what });
    }
  });
});
