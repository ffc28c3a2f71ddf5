import { describe, expect, test } from 'vitest';
import { emptyPayload, isNumbered, writeNumber } from '../../src/tools/bench/numbered-payload.js';

const NUMBERS = [0, 1, 255, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5];

function numbered(length: number, number: number): Buffer {
  const payload = emptyPayload(length);
  writeNumber(payload, number);
  return payload;
}

describe('the payloads that benches verify', () => {
  test.each([0, 1, 3, 4, 7, 8, 9, 64, 1024])('%i bytes: are recognised, wherever they are', (length) => {
    for (const number of NUMBERS) {
      const memory = Buffer.concat([Buffer.alloc(5), numbered(length, number), Buffer.alloc(5)]);
      expect(isNumbered(memory, 5, length, number)).toBe(true);
    }
  });

  test.each([4, 8, 64])('%i bytes: another message is not taken for this one', (length) => {
    for (const number of NUMBERS) {
      for (const other of [number + 1, number - 1, number ^ 256]) {
        expect(isNumbered(numbered(length, other), 0, length, number)).toBe(false);
      }
    }
  });

  test('a byte that changed at either end is seen at once', () => {
    for (const at of [0, 1, 2, 3, 60, 61, 62, 63]) {
      const payload = numbered(64, 77);
      payload[at]! ^= 1;
      expect(isNumbered(payload, 0, 64, 77)).toBe(false);
    }
  });

  test('a byte that changes always in the same place of the middle is seen before long', () => {
    for (let at = 4; at < 60; at++) {
      const seen = Array.from({ length: 56 }, (_, number) => {
        const payload = numbered(64, number);
        payload[at]! ^= 1;
        return !isNumbered(payload, 0, 64, number);
      });
      expect(seen).toContain(true);
    }
  });
});
