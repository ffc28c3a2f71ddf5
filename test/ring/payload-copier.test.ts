import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PayloadCopier } from '../../src/ring/payload-copier.js';
import { resizableBuffer } from '../support/odd-payloads.js';

const LENGTH = 8192;
const UNTOUCHED = 0xee;
/** So often a payload must come before it is copied in the other way. */
const REPEATS = 20;

function target() {
  const buffer = new SharedArrayBuffer(LENGTH);
  const bytes = Buffer.from(buffer).fill(UNTOUCHED);
  return { bytes, copier: new PayloadCopier(new BigInt64Array(buffer), bytes) };
}

/** Copies to `start`, and checks every byte of the target. */
function copyAndCheck({ bytes, copier }: ReturnType<typeof target>, payload: Uint8Array, start: number, index: number) {
  bytes.fill(UNTOUCHED);
  copier.copy(payload, payload.length, start, index);
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
        for (let times = 0; times < REPEATS; times++) copyAndCheck(to, payload, start * 8, index % (which + 1));
      }
    }),
  );
});

describe('the same array again', () => {
  test('with other bytes is read anew', () => {
    const to = target();
    const payload = new Uint8Array(67);
    for (let round = 0; round < 2 * REPEATS; round++) copyAndCheck(to, payload.fill(round), 64, 0);
  });

  test('over memory that has grown or shrunk is as long as it is now', () => {
    const to = target();
    const buffer = resizableBuffer(64);
    const payload = new Uint8Array(buffer);
    for (const length of [64, 24, 200, 0, 8, 64]) {
      buffer.resize(length);
      expect(payload.length).toBe(length);
      for (let times = 0; times < REPEATS; times++) copyAndCheck(to, payload.fill(length + times), 32, 3);
    }
  });

  test('whose memory was given away is refused', () => {
    const to = target();
    const payload = new Uint8Array(64).fill(1);
    for (let times = 0; times < REPEATS; times++) copyAndCheck(to, payload, 0, 0);
    structuredClone(payload.buffer, { transfer: [payload.buffer] });
    for (let times = 0; times < 3; times++)
      expect(() => to.copier.copy(payload, 64, 0, 0)).toThrow(/has 0 bytes, and said that it has 64/);
  });
});

/** Bytes of memory that payloads may be kept in from the collector. */
const MOST_HELD = 256 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test.each<[string, (i: number) => Uint8Array]>([
  ['parts of large memory', () => new Uint8Array(new ArrayBuffer(1 << 20), 64, 64)],
  ['parts of memory of some KiB', () => new Uint8Array(new ArrayBuffer(8192), 64, 64)],
  ['parts of shared memory', () => new Uint8Array(new SharedArrayBuffer(65_536), 64, 64)],
  ['in memory of their own', () => new Uint8Array(new ArrayBuffer(256))],
  ['over memory that may grow', () => new Uint8Array(resizableBuffer(64))],
])('keeps few KiB of what it remembers, for payloads that are %s', async (_, make) => {
  const to = target();
  const memories: WeakRef<ArrayBufferLike>[] = [];
  function copyManyOften(count: number): void {
    const payloads = Array.from({ length: count }, (_each, i) => make(i));
    for (const { buffer } of payloads) memories.push(new WeakRef(buffer));
    for (let times = 0; times < REPEATS; times++) {
      for (const [i, payload] of payloads.entries()) copyAndCheck(to, payload.fill(times + i), 0, i);
    }
  }
  for (const count of [16, 64, 16]) copyManyOften(count);
  await setImmediate(); // until then a WeakRef keeps what it is made of
  collect();
  const held = memories.reduce((sum, memory) => sum + (memory.deref()?.byteLength ?? 0), 0);
  expect(held).toBeLessThanOrEqual(MOST_HELD);
  copyAndCheck(to, make(0), 0, 0); // and it is there still
});

test('payloads that come from one piece of memory are remembered however many they are', () => {
  const { copier } = target();
  const pool = new ArrayBuffer(64 * 1024);
  const payloads = Array.from({ length: 256 }, (_, i) => new Uint8Array(pool, i * 64, 64));
  for (let times = 0; times < 2 * REPEATS; times++) {
    for (const [i, payload] of payloads.entries()) copier.copy(payload, 64, 0, i);
  }
  const { views } = copier as unknown as { views: readonly BigInt64Array[] };
  expect(views.filter(({ length }) => length === 8).length).toBeGreaterThan(200);
});
