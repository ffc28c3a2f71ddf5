import { describe, expect, test } from 'vitest';
import { attachProducer, type Consumer, type HermesError, type Producer } from '../../src/index.js';
import { attachedPair, fillLane } from '../support/attached-pair.js';
import { lying, NO_PAYLOADS, resizableBuffer, transferred } from '../support/odd-payloads.js';
import { codeOf, thrownBy } from '../support/thrown.js';

const CREATE = { maxPayload: 4096 };
const bytes = (text: string) => Buffer.from(text);

/** Everything that comes, each with its sequence. */
function received(consumer: Consumer): string[] {
  const found: string[] = [];
  consumer.poll(({ sequence, payload }) => found.push(`${sequence} ${payload.toString().trimEnd()}`), 100_000);
  return found;
}

/** Brings the lane to `distance` bytes before its end, with all of it read. How many messages that took. */
function goToEnd({ producer, consumer }: { producer: Producer; consumer: Consumer }, distance: number): number {
  let count = 0;
  const missing = () => (65_536 - distance - (producer.position % 65_536) + 65_536) % 65_536;
  for (; missing() > 0; count++) {
    producer.offer(Buffer.alloc(Math.min(992, missing() - 32)));
    consumer.poll(() => {});
  }
  return count;
}

/** Each way to write a payload, behind others where it takes more. */
const WAYS: Record<string, (producer: Producer, payload: Uint8Array) => unknown> = {
  offer: (producer, payload) => producer.offer(payload),
  'offerBatch, as the first': (producer, payload) => producer.offerBatch([payload, bytes('never')]),
  'offerBatch, as the last': (producer, payload) => producer.offerBatch([bytes('never'), bytes('never'), payload]),
  'offerBatch, as the last of more than half a lane': (producer, payload) =>
    producer.offerBatch([...Array(50).fill(Buffer.alloc(992, 'never')), payload]),
  'offerBatch, as the last of more than there is room for': (producer, payload) =>
    producer.offerBatch([...Array(100).fill(Buffer.alloc(992, 'never')), payload]),
};

describe.each(Object.entries(WAYS))('%s', (_, write) => {
  describe.each([false, true])('with a checksum: %s', (checksum) => {
    test.each(NO_PAYLOADS)('of a payload that cannot be sent (%s) leaves nothing, and no gap', (_name, make) => {
      const pair = attachedPair({ ...CREATE, checksum });
      const { producer, consumer } = pair;
      let count = 0;
      for (const [length, distance] of [8, 60, 300, 2000].map(
        (each, i) => [each, [65_536, 32, 64, 352][i]!] as const,
      )) {
        count += goToEnd(pair, distance);
        const { position } = producer;
        expect(thrownBy(() => write(producer, make(length))).code).toBe('ERR_HERMES_INVALID_OPTION');
        expect([producer.position, received(consumer)]).toEqual([position, []]);
        producer.tryClaim(4)!.abort();
        producer.offerBatch([bytes('a'), bytes('b')]);
        expect(received(consumer)).toEqual([`${count} a`, `${count + 1} b`]);
        count += 2;
      }
    });
  });
});

test('a payload that lies about its length touches no memory but its own', () => {
  const { producer, consumer } = attachedPair({ ...CREATE, producers: 2 });
  const second = attachProducer('ticks', { directory: pathOf(producer) });
  second.offer(Buffer.alloc(992, 'theirs'));
  for (const claimed of [1, 200, 1000, -1, 0.5, Number.NaN, '9', 2 ** 31]) {
    try {
      producer.offer(lying(100_000, claimed));
    } catch (error) {
      expect((error as HermesError).code).toMatch(/ERR_HERMES_(INVALID_OPTION|PAYLOAD_TOO_LARGE)/);
    }
  }
  const found: string[] = [];
  consumer.poll(({ payload }) => found.push(payload.toString('latin1', 0, 6)));
  expect(found).toEqual(['theirs']);
  second.detach();
});

describe('an array of payloads', () => {
  test('is read once, each payload and its length', () => {
    const { producer, consumer } = attachedPair(CREATE);
    for (const count of [3, 60]) {
      const reads: unknown[] = [];
      const payloads = new Proxy(Array(count).fill(Buffer.alloc(992, 'x')), {
        get(target, name) {
          reads.push(name);
          return Reflect.get(target, name);
        },
      });
      expect(producer.offerBatch(payloads)).toBe(count);
      expect(reads.filter((name) => name !== 'length')).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
      expect(received(consumer).length).toBe(count);
    }
  });

  test.each([2, 100])('whose last element gives the first one away, of %i, sends what that held', (count) => {
    const { producer, consumer } = attachedPair(CREATE);
    const payloads = Array.from({ length: count }, () => new Uint8Array(992).fill(97));
    Object.defineProperty(payloads, count - 1, {
      get() {
        structuredClone(payloads[0]!.buffer, { transfer: [payloads[0]!.buffer] });
        return bytes('last');
      },
    });
    expect(producer.offerBatch(payloads)).toBe(Math.min(count, 64)); // it was copied before
    expect(received(consumer)[0]).toBe(`0 ${'a'.repeat(992)}`);
  });

  test('whose last element gives one away that was read and not copied yet is published up to that one', () => {
    const { producer, consumer } = attachedPair(CREATE);
    const later = new Uint8Array(992);
    const payloads = [...Array(40).fill(Buffer.alloc(992)), later, 0];
    Object.defineProperty(payloads, 41, {
      get() {
        structuredClone(later.buffer, { transfer: [later.buffer] });
        return bytes('last');
      },
    });
    expect([producer.offerBatch(payloads), received(consumer).length]).toEqual([32, 32]);
    expect(codeOf(() => producer.offerBatch([later]))).toBe('ERR_HERMES_INVALID_OPTION');
  });

  test('whose element throws leaves nothing', () => {
    const { producer, consumer } = attachedPair(CREATE);
    const payloads = [bytes('never'), bytes('never')];
    const mistake = new Error('mistake');
    Object.defineProperty(payloads, 1, {
      get() {
        throw mistake;
      },
    });
    expect(() => producer.offerBatch(payloads)).toThrow(mistake);
    producer.offer(bytes('a'));
    expect(received(consumer)).toEqual(['0 a']);
  });

  const calls: Record<string, (producer: Producer) => unknown> = {
    offer: (producer) => producer.offer(bytes('within')),
    offerBatch: (producer) => producer.offerBatch([bytes('within')]),
    tryClaim: (producer) => producer.tryClaim(4),
  };
  test.each(Object.entries(calls))('whose element calls %s of the producer is told so, and goes on', (_, call) => {
    const { producer, consumer } = attachedPair(CREATE);
    const codes: string[] = [];
    const payloads = [bytes('a'), bytes('b'), bytes('c')];
    Object.defineProperty(payloads, 1, {
      get() {
        codes.push(codeOf(() => call(producer)));
        return bytes('b');
      },
    });
    expect(producer.offerBatch(payloads)).toBe(3);
    expect(codes).toEqual(['ERR_HERMES_INVALID_STATE']);
    producer.offer(bytes('d'));
    expect(received(consumer)).toEqual(['0 a', '1 b', '2 c', '3 d']);
  });

  test.each([0, 1, 39])('whose element %i detaches the producer ends with it, and nothing of it is seen', (index) => {
    const { producer, consumer } = attachedPair(CREATE);
    producer.offer(bytes('a'));
    const payloads = Array(40).fill(Buffer.alloc(992, 'never'));
    Object.defineProperty(payloads, index, {
      get() {
        producer.detach();
        return bytes('never');
      },
    });
    expect(codeOf(() => producer.offerBatch(payloads))).toBe('ERR_HERMES_DETACHED');
    expect(received(consumer)).toEqual(['0 a']);
  });
});

describe('a payload over memory that changes its length', () => {
  test('is sent as long as it is, whenever it is sent', () => {
    const { producer, consumer } = attachedPair({ ...CREATE, checksum: true });
    const buffer = resizableBuffer(64);
    const tracking = new Uint8Array(buffer);
    const lengths: number[] = [];
    for (const length of [64, 0, 200, 8, 64, 300, 24, 2000, 64]) {
      buffer.resize(length);
      tracking.fill(length);
      for (let times = 0; times < 40; times++) {
        producer.offerBatch([tracking, tracking]);
        consumer.poll((message) => {
          lengths.push(message.length);
          expect(message.payload.every((byte) => byte === (length & 255))).toBe(true);
        });
      }
    }
    expect(new Set(lengths)).toEqual(new Set([64, 0, 200, 8, 300, 24, 2000]));
  });

  test('waits in send, and is refused when it has gone meanwhile, alone', async () => {
    const { producer, consumer } = attachedPair(CREATE);
    fillLane(producer);
    const payload = new Uint8Array(1000);
    const sends = [producer.send(bytes('a')), producer.send(payload), producer.send(bytes('b'))];
    structuredClone(payload.buffer, { transfer: [payload.buffer] });
    const settled = Promise.allSettled(sends);
    const found: string[] = [];
    while (!found.includes('b')) {
      await consumer.waitAsync();
      consumer.poll((message) => found.push(message.payload.toString().replaceAll('\0', '')));
    }
    const outcomes = await settled;
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((outcomes[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'ERR_HERMES_INVALID_OPTION' });
    expect(found.filter((text) => text !== '')).toEqual(['a', 'b']);
  });
});

test('an array of no bytes is a message, and one that has lost its bytes is none', () => {
  const { producer, consumer } = attachedPair(CREATE);
  producer.offer(new Uint8Array(0));
  producer.offerBatch([new Uint8Array(0), Buffer.alloc(0)]);
  expect(consumer.poll(({ length }) => expect(length).toBe(0))).toBe(3);
  const error = thrownBy(() => producer.offer(transferred(5)));
  expect(error.message).toMatch(/has lost its memory.*send it before that, or a copy/);
});

describe('a claim', () => {
  test('that is open stays good, whatever is refused beside it', () => {
    const pair = attachedPair(CREATE);
    const { producer, consumer } = pair;
    const count = goToEnd(pair, 320);
    const claim = producer.tryClaim(500)!; // with padding before it
    for (const [, make] of NO_PAYLOADS) {
      for (const write of Object.values(WAYS)) expect(() => write(producer, make(60))).toThrow();
    }
    claim.view.fill('c');
    claim.commit();
    producer.offer(bytes('d'));
    expect(received(consumer)).toEqual([`${count} ${'c'.repeat(500)}`, `${count + 1} d`]);
  });

  test('that is open when the producer detaches is given up', () => {
    const pair = attachedPair(CREATE);
    const { producer, consumer } = pair;
    const claim = producer.tryClaim(500, 1, 3)!;
    claim.view.fill('c');
    producer.detach();
    for (const close of ['commit', 'abort'] as const) expect(codeOf(() => claim[close]())).toBe('ERR_HERMES_DETACHED');
    using next = attachProducer('ticks', { directory: pathOf(producer) });
    next.offer(bytes('d'));
    expect(received(consumer)).toEqual(['0 d']);
  });
});

function pathOf(producer: Producer): string {
  return (producer as unknown as { segment: { path: string } }).segment.path.replace(/\/ticks$/, '');
}
