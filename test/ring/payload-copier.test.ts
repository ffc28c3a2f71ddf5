import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PayloadCopier } from '../../src/ring/payload-copier.js';

const LENGTH = 8192;
const UNTOUCHED = 0xee;

function target() {
  const buffer = new SharedArrayBuffer(LENGTH);
  const bytes = Buffer.from(buffer).fill(UNTOUCHED);
  return { bytes, copier: new PayloadCopier(new BigInt64Array(buffer), bytes) };
}

/** Copies to `start`, and checks every byte of the target. */
function copyAndCheck({ bytes, copier }: ReturnType<typeof target>, payload: Uint8Array, start: number, index: number) {
  bytes.fill(UNTOUCHED);
  copier.copy(payload, start, index);
  const expected = Buffer.alloc(LENGTH, UNTOUCHED);
  expected.set(payload, start);
  expect(bytes.equals(expected)).toBe(true);
}

test('whatever comes, and however often, is copied, and nothing else is touched', () => {
  const step = fc.record({ which: fc.nat(5), index: fc.nat(600), start: fc.nat(LENGTH / 16), value: fc.nat(255) });
  const source = fc.record({
    shared: fc.boolean(),
    offset: fc.nat(16),
    length: fc.oneof(fc.nat(40), fc.nat(300), fc.nat(2000)),
  });
  fc.assert(
    fc.property(fc.array(source, { minLength: 6, maxLength: 6 }), fc.array(step), (sources, steps) => {
      const payloads = sources.map(({ shared, offset, length }) => {
        const buffer = shared ? new SharedArrayBuffer(2048) : new ArrayBuffer(2048);
        return new Uint8Array(buffer, offset, length);
      });
      const to = target();
      for (const { which, index, start, value } of steps) {
        const payload = payloads[which]!;
        for (let i = 0; i < payload.length; i++) payload[i] = value + i * 7;
        for (let times = 0; times < 3; times++) copyAndCheck(to, payload, start * 8, index % (which + 1));
      }
    }),
  );
});

describe('the same array again', () => {
  test('with other bytes is read anew', () => {
    const to = target();
    const payload = new Uint8Array(67);
    for (let round = 0; round < 10; round++) copyAndCheck(to, payload.fill(round), 64, 0);
  });

  test('over memory that has grown or shrunk is as long as it is now', () => {
    const to = target();
    const resizable = ArrayBuffer as unknown as new (
      length: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & { resize(length: number): void };
    const buffer = new resizable(64, { maxByteLength: 256 });
    const payload = new Uint8Array(buffer);
    for (const length of [64, 64, 64, 24, 24, 24, 200, 200, 200, 0, 0, 8, 8, 8]) {
      buffer.resize(length);
      expect(payload.length).toBe(length);
      copyAndCheck(to, payload.fill(length), 32, 3);
    }
  });

  test('whose memory was given away is refused', () => {
    const to = target();
    const payload = new Uint8Array(64).fill(1);
    for (let times = 0; times < 3; times++) copyAndCheck(to, payload, 0, 0);
    structuredClone(payload.buffer, { transfer: [payload.buffer] });
    for (let times = 0; times < 3; times++) expect(() => to.copier.copy(payload, 0, 0)).toThrow(/detached/);
  });
});
