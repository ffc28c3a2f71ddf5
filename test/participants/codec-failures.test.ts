import { finished } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Codec, Consumer, HermesError, Producer } from '../../src/index.js';
import { attachedPair } from '../support/attached-pair.js';
import { lying, transferred } from '../support/odd-payloads.js';
import { rejectionOf } from '../support/rejected.js';

type Make = (value: string) => unknown;
const decode = (payload: Buffer) => payload.toString();

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(() => {
  process.off('unhandledRejection', note);
});

/** Encodes all but what is wrong. */
function encoding(encode: Make): Codec<string> {
  return { encode: (value) => (value === 'wrong' ? encode(value) : value) as string, decode };
}

/** Writes in place all but what is wrong. */
function inPlace(writeWrong: (buffer: Buffer, offset: number) => unknown): Codec<string> {
  return {
    lengthOf: (value: string) => value.length,
    encodeInto: (value: string, buffer: Buffer, offset: number) =>
      (value === 'wrong' ? writeWrong(buffer, offset) : buffer.write(value, offset)) as undefined,
    decode,
  };
}

function measuring(lengthOf: () => unknown): Codec<string> {
  return {
    lengthOf: (value) => (value === 'wrong' ? lengthOf() : value.length) as number,
    encodeInto: (value, buffer, offset) => buffer.write(value, offset),
    decode,
  };
}

const mistake = new Error('mistake');
const fail = () => {
  throw mistake;
};

const CODECS: readonly (readonly [string, Codec<string>, string | Error])[] = [
  ['encode throws', encoding(fail), mistake],
  ['encode returns undefined', encoding(() => undefined), 'ERR_HERMES_INVALID_OPTION'],
  ['encode returns a number', encoding(() => 5), 'ERR_HERMES_INVALID_OPTION'],
  ['encode returns an array', encoding(() => [1, 2]), 'ERR_HERMES_INVALID_OPTION'],
  ['encode returns words', encoding(() => new Uint16Array(2)), 'ERR_HERMES_INVALID_OPTION'],
  ['encode returns bytes that are gone', encoding(() => transferred(40)), 'ERR_HERMES_INVALID_OPTION'],
  ['encode returns a lie', encoding(() => lying(40, 5)), 'ERR_HERMES_INVALID_OPTION'],
  ['encode returns too many bytes', encoding(() => Buffer.alloc(4097)), 'ERR_HERMES_PAYLOAD_TOO_LARGE'],
  ['encode returns too long a text', encoding(() => 'x'.repeat(4097)), 'ERR_HERMES_PAYLOAD_TOO_LARGE'],
  ['encode returns a promise', encoding(() => Promise.reject(mistake)), 'ERR_HERMES_INVALID_STATE'],
  ['encodeInto throws', inPlace(fail), mistake],
  ['encodeInto writes beyond the memory', inPlace((buffer) => buffer.writeInt8(1, buffer.length)), 'ERR_OUT_OF_RANGE'],
  ['encodeInto returns a promise', inPlace(() => Promise.reject(mistake)), 'ERR_HERMES_INVALID_STATE'],
  ['lengthOf throws', measuring(fail), mistake],
  ['lengthOf returns a part of a byte', measuring(() => 1.5), 'ERR_HERMES_INVALID_OPTION'],
  ['lengthOf returns NaN', measuring(() => Number.NaN), 'ERR_HERMES_INVALID_OPTION'],
  ['lengthOf returns text', measuring(() => '5'), 'ERR_HERMES_INVALID_OPTION'],
  ['lengthOf returns too much', measuring(() => 2 ** 40), 'ERR_HERMES_PAYLOAD_TOO_LARGE'],
  ['lengthOf returns a promise', measuring(() => Promise.reject(mistake)), 'ERR_HERMES_INVALID_STATE'],
];

const WAYS: Record<string, (producer: Producer<string>) => unknown> = {
  offer: (producer) => producer.offer('wrong'),
  offerBatch: (producer) => producer.offerBatch(['never', 'wrong']),
  send: (producer) => producer.send('wrong'),
  writable: (producer) => {
    const writable = producer.writable();
    writable.end('wrong');
    return finished(writable);
  },
};

function received(consumer: Consumer<string>): string[] {
  const found: string[] = [];
  consumer.poll(({ sequence, value }) => found.push(`${sequence} ${value}`));
  return found;
}

async function failureOf(action: () => unknown): Promise<unknown> {
  return rejectionOf(
    (async () => {
      await action();
    })(),
  );
}

describe.each(Object.entries(WAYS))('%s with a codec whose', (way, write) => {
  test.each(CODECS)('%s fails, and leaves nothing', async (_, codec, failure) => {
    for (const checksum of [false, true]) {
      const create = { maxPayload: 4096, checksum };
      const { producer, consumer } = attachedPair<string, string>(create, { codec }, { codec });
      producer.offer('a');
      const error = await failureOf(() => write(producer));
      if (failure === mistake) expect(error).toBe(mistake);
      // A batch is encoded elsewhere first, where the memory is shorter.
      else expect(error).toMatchObject({ code: failure });
      await setImmediate(); // for rejections that nobody handles
      producer.offer('b');
      producer.tryClaim(1)!.abort();
      expect(producer.offerBatch(['c', 'd'])).toBe(2);
      expect(received(consumer)).toEqual(['0 a', '1 b', '2 c', '3 d']);
      expect([way, unhandled]).toEqual([way, []]);
    }
  });
});

test('a codec that calls the producer while it writes in place is told that a claim is open', () => {
  let within: Producer<string>;
  const codes: string[] = [];
  const codec = inPlace((buffer, offset) => {
    for (const call of [() => within.offer('x'), () => within.offerBatch(['x']), () => within.tryClaim(1)]) {
      try {
        call();
      } catch (error) {
        codes.push((error as HermesError).code);
      }
    }
    buffer.write('right', offset);
  });
  const { producer, consumer } = attachedPair<string, string>({}, { codec }, { codec });
  within = producer;
  producer.offer('wrong');
  expect(codes).toEqual(Array(3).fill('ERR_HERMES_INVALID_STATE'));
  expect(received(consumer)).toEqual(['0 right']);
});

test.each([true, false])(
  'a codec that detaches the producer ends the call; its own mistake is told first: %s',
  (fails) => {
    let within: Producer<string>;
    const codec = inPlace(() => {
      within.detach();
      if (fails) fail();
    });
    const { producer, consumer } = attachedPair<string, string>({}, { codec }, { codec });
    within = producer;
    producer.offer('a');
    if (fails) expect(() => producer.offer('wrong')).toThrow(mistake);
    else expect(() => producer.offer('wrong')).toThrow(expect.objectContaining({ code: 'ERR_HERMES_DETACHED' }));
    expect(received(consumer)).toEqual(['0 a']);
  },
);
