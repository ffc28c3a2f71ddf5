import { describe, expect, test } from 'vitest';
import type { Codec, CodecChoice } from '../../src/index.js';
import { attachedPair, fillLane } from '../support/attached-pair.js';
import { rejectionCode } from '../support/rejected.js';
import { codeOf } from '../support/thrown.js';

/** A pair whose values go through the same codec on both sides. */
const pairOf = <T>(codec: 'json' | 'v8' | 'bytes' | Codec<T>) => {
  const options = { codec: codec as CodecChoice<T> };
  return attachedPair<T, T>({}, options, options);
};

/** Each value, once through the lane, by all the ways of sending. */
async function through<T>(codec: 'json' | 'v8' | 'bytes' | Codec<T>, values: readonly T[]): Promise<T[]> {
  const { producer, consumer } = pairOf(codec);
  const received: T[] = [];
  const take = () => consumer.poll((message) => received.push(message.value));
  for (const value of values) producer.offer(value);
  take();
  expect(producer.offerBatch(values)).toBe(values.length);
  take();
  for (const value of values) await producer.send(value);
  take();
  expect(received.slice(values.length)).toEqual([...values, ...values]);
  return received.slice(0, values.length);
}

test('without a codec, and with bytes, a value is the payload', async () => {
  const values = [Buffer.from('one'), Buffer.alloc(0)];
  expect(await through<Buffer>('bytes', values)).toEqual(values);
  const { producer, consumer } = attachedPair();
  producer.offer(Buffer.from('two'));
  expect(consumer.poll(({ value, payload }) => expect(value).toEqual(payload))).toBe(1);
});

test('json carries what JSON can, text beyond ASCII too', async () => {
  const values = [null, 0, 'täxt – 語', [1, [2]], { a: { b: '"' } }, true];
  expect(await through<unknown>('json', values)).toEqual(values);
});

test('json refuses what JSON has no text for, and goes on', async () => {
  const { producer, consumer } = pairOf<unknown>('json');
  for (const value of [undefined, () => {}, Symbol()]) {
    expect(codeOf(() => producer.offer(value))).toBe('ERR_HERMES_INVALID_OPTION');
    expect(await rejectionCode(producer.send(value))).toBe('ERR_HERMES_INVALID_OPTION');
  }
  producer.offer('next');
  expect(consumer.poll(({ value, sequence }) => expect([value, sequence]).toEqual(['next', 0]))).toBe(1);
});

test('v8 carries what structured clone can', async () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const values = [new Map([[1, new Set(['two'])]]), 12n, new Date(7), undefined, /x/g, new Error('e'), cyclic];
  expect(await through<unknown>('v8', values)).toEqual(values);
});

test.each([Uint8Array, Float64Array, BigInt64Array, Buffer])(
  'a %o that v8 decodes is no view of the lane: it stays as it is while that is overwritten',
  async (type) => {
    const { producer, consumer } = pairOf<unknown>('v8');
    const sent = type === Buffer ? Buffer.from('kept') : new (type as Uint8ArrayConstructor)(4);
    producer.offer({ sent });
    let kept: { sent?: unknown } = {};
    consumer.poll(({ value }) => {
      kept = value as typeof kept;
    });
    for (let i = 0; i < 2000; i++) {
      producer.offer({ sent: Buffer.alloc(100, 0xee) });
      consumer.poll(() => {});
    }
    expect(new Uint8Array((kept.sent as Uint8Array).buffer, (kept.sent as Uint8Array).byteOffset, 4)).toEqual(
      new Uint8Array(sent.buffer, sent.byteOffset, 4),
    );
    expect((kept.sent as Uint8Array).buffer).toBeInstanceOf(ArrayBuffer); // not a SharedArrayBuffer
  },
);

describe('a codec of one’s own', () => {
  const text: Codec<string> = { encode: (value) => value, decode: (payload) => payload.toString() };
  const bytes: Codec<string> = { encode: (value) => Buffer.from(value, 'latin1'), decode: text.decode };

  test('gives text, which is written as UTF-8, or bytes', async () => {
    expect(await through(text, ['', 'ä語'])).toEqual(['', 'ä語']);
    expect(await through(bytes, ['', 'abc'])).toEqual(['', 'abc']);
  });

  test('writes into the record when it knows the length', async () => {
    const buffers = new Set<ArrayBufferLike>();
    const inPlace: Codec<number> = {
      lengthOf: () => 8,
      encodeInto(value, buffer, offset) {
        buffers.add(buffer.buffer);
        buffer.writeDoubleLE(value, offset);
      },
      decode: (payload) => payload.readDoubleLE(),
    };
    expect(await through(inPlace, [Math.PI, -0, 1e300])).toEqual([Math.PI, -0, 1e300]);
    expect([...buffers].some((buffer) => buffer instanceof SharedArrayBuffer)).toBe(true);
  });

  test('that throws half-way leaves nothing published, and the lane usable', async () => {
    const failing: Codec<number> = {
      lengthOf: () => 8,
      encodeInto(value, buffer, offset) {
        buffer.fill(0xee, offset, offset + 4);
        if (value < 0) throw new RangeError('half-way');
        buffer.writeDoubleLE(value, offset);
      },
      decode: (payload) => payload.readDoubleLE(),
    };
    const { producer, consumer } = pairOf(failing);
    expect(() => producer.offer(-1)).toThrow(RangeError);
    await expect(producer.send(-1)).rejects.toThrow(RangeError);
    expect(() => producer.offerBatch([1, -1])).toThrow(RangeError);
    expect(consumer.poll(() => {})).toBe(0);
    producer.offer(5);
    expect(consumer.poll(({ value, sequence }) => expect([value, sequence]).toEqual([5, 0]))).toBe(1);
  });

  test('that throws when the message has waited for room rejects that message alone', async () => {
    let failing = false;
    const codec: Codec<number> = {
      lengthOf: () => 1000,
      encodeInto(value, buffer, offset) {
        if (failing && value === 1) throw new RangeError('late');
        buffer[offset] = value;
      },
      decode: (payload) => payload[0]!,
    };
    const { producer, consumer } = attachedPair<number, number>({}, { codec }, { codec });
    while (producer.offer(0) >= 0);
    failing = true;
    const sends = Promise.allSettled([1, 2].map((value) => producer.send(value)));
    consumer.poll(() => {}, 1000);
    expect((await sends).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(consumer.poll(({ value }) => expect(value).toBe(2))).toBe(1);
  });

  test('that gives neither bytes nor text gets a coded error', async () => {
    const { producer } = pairOf<unknown>({ encode: (value) => value as string, decode: () => {} });
    for (const value of [null, 7, [1, 2]]) {
      expect(codeOf(() => producer.offer(value))).toBe('ERR_HERMES_INVALID_OPTION');
      expect(await rejectionCode(producer.send(value))).toBe('ERR_HERMES_INVALID_OPTION');
    }
  });

  test('whose value is too large gets a coded error, also when there is no room', async () => {
    const { producer } = attachedPair<unknown>({ maxPayload: 100 }, {}, { codec: 'json' });
    expect(codeOf(() => producer.offer('x'.repeat(100)))).toBe('ERR_HERMES_PAYLOAD_TOO_LARGE');
    const full = attachedPair<unknown>({ maxPayload: 1000 }, {}, { codec: 'json' });
    while (full.producer.offer('x'.repeat(900)) >= 0);
    expect(await rejectionCode(full.producer.send('x'.repeat(100_000)))).toBe('ERR_HERMES_PAYLOAD_TOO_LARGE');
  });
});

test('iterations and batches decode as poll does', async () => {
  const { producer, consumer } = pairOf<unknown>('json');
  for (let i = 0; i < 5; i++) producer.offer({ i });
  for await (const { value } of consumer) {
    expect(value).toEqual({ i: 0 });
    break;
  }
  const { value: batch } = await consumer.batches(3).next();
  expect(batch.map(({ value }: { value: unknown }) => value)).toEqual([{ i: 0 }, { i: 1 }, { i: 2 }]);
});

test('an object where bytes are expected is refused', () => {
  const { producer } = attachedPair();
  expect(codeOf(() => producer.offer({} as never))).toBe('ERR_HERMES_INVALID_OPTION');
  expect(fillLane(producer)).toBeGreaterThan(0);
});

test.each([
  ['yaml'],
  [{}],
  [{ encode: () => '' }],
  [{ decode: () => {} }],
  [{ lengthOf: () => 1, decode: () => {} }],
  [7],
])('the codec %o is refused', (codec) => {
  expect(codeOf(() => attachedPair({}, {}, { codec: codec as never }))).toBe('ERR_HERMES_INVALID_OPTION');
  expect(codeOf(() => attachedPair({}, { codec: codec as never }))).toBe('ERR_HERMES_INVALID_OPTION');
});
