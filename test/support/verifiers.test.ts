import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/index.js';
import { carriesNumber, numberedPayload, readSigned, signedPayload } from './numbered-payload.js';
import { OrderCheck } from './order-check.js';
import { Random } from './random.js';

/** As a message that carries this at some offset of its memory. */
function carrying(payload: Uint8Array, fields: Partial<Message> = {}): Message {
  const buffer = Buffer.concat([Buffer.alloc(40, 1), payload, Buffer.alloc(40, 1)]);
  const message = { buffer, offset: 40, length: payload.length, lane: 0, sequence: 0, lost: 0, redelivered: false };
  return { ...message, ...fields } as unknown as Message;
}

function flipped(payload: Uint8Array, index: number): Buffer {
  const copy = Buffer.from(payload);
  copy[index]! ^= 1;
  return copy;
}

describe('a payload', () => {
  test('of a number is known by that number alone', () => {
    for (let number = 0; number < 300; number++) {
      const payload = numberedPayload(3, number);
      expect(carriesNumber(carrying(payload), 3, number)).toBe(true);
      if (payload.length < 8) continue;
      expect(carriesNumber(carrying(payload), 3, number + 1)).toBe(false);
      expect(carriesNumber(carrying(payload), 4, number)).toBe(false);
      expect(carriesNumber(carrying(payload.subarray(1)), 3, number)).toBe(false);
      expect(carriesNumber(carrying(flipped(payload, number % payload.length)), 3, number)).toBe(false);
    }
  });

  test('that is signed says whose it is, and that it is whole', () => {
    for (const length of [undefined, 8, 9, 65_536]) {
      const payload = signedPayload(5, 77, length);
      expect(readSigned(carrying(payload), length)).toEqual({ stream: 5, number: 77, isWhole: true });
      const wrong =
        payload.length > 8 ? flipped(payload, payload.length - 1) : Buffer.concat([payload, Buffer.alloc(1)]);
      expect(readSigned(carrying(wrong), length)).toEqual({ stream: 5, number: 77, isWhole: false });
    }
    expect(readSigned(carrying(Buffer.alloc(7)))).toEqual({ stream: 0, number: -1, isWhole: false });
  });
});

describe('the check of the order', () => {
  const message = (sequence: number, number: number, fields: Partial<Message> = {}) =>
    carrying(signedPayload(1, number), { sequence, ...fields });

  test.each<[string, boolean, Message, string | undefined]>([
    ['the next', false, message(11, 1), undefined],
    ['one after what was lost', false, message(14, 4, { lost: 3 }), undefined],
    ['one after a gap', false, message(12, 2), 'after 10, with 0 lost'],
    ['the same again', false, message(10, 0), 'after 10'],
    ['the same again, redelivered', true, message(10, 0, { redelivered: true }), undefined],
    ['one that others took some before', true, message(14, 4), undefined],
    ['one from before', true, message(9, 5), 'after 10'],
    ['one with another number', false, message(11, 2), '1 messages after number 0'],
    ['one with another payload', false, { ...message(11, 1), length: 9 } as Message, 'payload'],
  ])('%s (shared: %s)', (_, isShared, next, wrong) => {
    const check = new OrderCheck({ isShared });
    check.take(message(10, 0));
    if (wrong === undefined) check.take(next);
    else expect(() => check.take(next)).toThrow(wrong);
  });
});

test('chance is the same for the same seed, and within its bounds', () => {
  const [one, same, other] = [new Random(7), new Random(7), new Random(8)];
  const numbers = Array.from({ length: 1000 }, () => one.below(10));
  expect(Array.from({ length: 1000 }, () => same.below(10))).toEqual(numbers);
  expect(Array.from({ length: 1000 }, () => other.below(10))).not.toEqual(numbers);
  expect(new Set(numbers)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  expect(one.bytes(5)).toHaveLength(5);
});
