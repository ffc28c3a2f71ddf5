import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  RECORD_ALIGNMENT,
  RECORD_CRC_OFFSET,
  RECORD_HEADER_LENGTH,
  RECORD_MAGIC,
  recordLength,
} from '../../src/layout/record.js';
import { crc32OfRecord } from '../../src/ring/crc32.js';
import { Random } from '../support/random.js';

const buffers: [string, (length: number) => ArrayBufferLike][] = [
  ['ArrayBuffer', (length) => new ArrayBuffer(length)],
  ['SharedArrayBuffer', (length) => new SharedArrayBuffer(length)],
];

interface Views {
  readonly words: Int32Array;
  readonly bytes: Buffer;
}

function views(buffer: ArrayBufferLike): Views {
  return { words: new Int32Array(buffer), bytes: Buffer.from(buffer) };
}

function crcOf({ words, bytes }: Views, recordOffset: number, payloadLength: number): number {
  return crc32OfRecord(words, bytes, recordOffset, payloadLength);
}

/** zlib's answer for the same bytes, laid end to end in memory of their own. */
function expectedCrc({ bytes }: Views, recordOffset: number, payloadLength: number): number {
  const payloadOffset = recordOffset + RECORD_HEADER_LENGTH;
  const input = Buffer.concat([
    bytes.subarray(recordOffset, recordOffset + RECORD_CRC_OFFSET),
    bytes.subarray(payloadOffset, payloadOffset + payloadLength),
  ]);
  return crc32(input) | 0;
}

/** Fills the bytes with noise that depends on the seed alone. */
function fillNoise(words: Int32Array, seed: number): void {
  const random = new Random(seed);
  for (let i = 0; i < words.length; i++) words[i] = random.word();
}

/** Headers as they are in a lane, and with every field that the implementation treats specially in both states. */
const header = fc.record({
  magic: fc.oneof(fc.constant(RECORD_MAGIC), fc.integer()),
  sequenceHigh: fc.oneof(fc.constant(0), fc.integer()),
  length: fc.oneof(fc.constant(0), fc.nat(65535), fc.integer()),
});

describe.each(buffers)('the CRC of a record in a %s', (_kind, allocate) => {
  test('is zlib’s for any header, payload and place', () => {
    const space = views(allocate(16 * 1024));
    fc.assert(
      fc.property(fc.integer(), fc.nat(300), fc.nat(5000), header, (seed, unit, payloadLength, fields) => {
        fillNoise(space.words, seed);
        const recordOffset = unit * RECORD_ALIGNMENT;
        const index = recordOffset >>> 2;
        space.words[index] = fields.magic;
        space.words[index + 3] = fields.sequenceHigh;
        space.words[index + 6] = fields.length;
        expect(crcOf(space, recordOffset, payloadLength)).toBe(expectedCrc(space, recordOffset, payloadLength));
      }),
      { numRuns: 2000 },
    );
  });

  test('is zlib’s at every length from 0 to 5000', () => {
    const space = views(allocate(8 * 1024));
    fillNoise(space.words, 1);
    for (let payloadLength = 0; payloadLength <= 5000; payloadLength++) {
      const recordOffset = (payloadLength % 7) * RECORD_ALIGNMENT;
      expect(crcOf(space, recordOffset, payloadLength)).toBe(expectedCrc(space, recordOffset, payloadLength));
    }
  });

  test.each([65535, 65536, 65537, 1_000_003, 16 * 1024 * 1024])('is zlib’s for %i bytes', (payloadLength) => {
    const space = views(allocate(recordLength(payloadLength) + 96));
    fillNoise(space.words, payloadLength);
    for (const recordOffset of [0, 96]) {
      expect(crcOf(space, recordOffset, payloadLength)).toBe(expectedCrc(space, recordOffset, payloadLength));
    }
  });

  test('depends on every byte of the record but the CRC field, and on none outside', () => {
    const space = views(allocate(4096));
    const { bytes, words } = space;
    fc.assert(
      fc.property(fc.integer(), fc.oneof(fc.nat(200), fc.integer({ min: 1500, max: 1600 })), (seed, payloadLength) => {
        fillNoise(words, seed);
        const recordOffset = 64;
        const end = recordOffset + RECORD_HEADER_LENGTH + payloadLength;
        const before = crcOf(space, recordOffset, payloadLength);
        for (let offset = 0; offset < end + 64; offset++) {
          const field = offset - recordOffset;
          const isCovered = field >= 0 && offset < end && (field < RECORD_CRC_OFFSET || field >= RECORD_HEADER_LENGTH);
          bytes[offset]! ^= 0x10;
          expect(crcOf(space, recordOffset, payloadLength) !== before).toBe(isCovered);
          bytes[offset]! ^= 0x10;
        }
      }),
      { numRuns: 20 },
    );
  });
});

test('a header whose own CRC is 0 leaves the payload’s: "123456789" gives CBF43926', () => {
  for (const magic of [RECORD_MAGIC, 0]) {
    const space = views(new SharedArrayBuffer(64));
    space.words[0] = magic;
    // A CRC of 0 is a register of -1. Undo the 32 shifts that lead there and XOR with the register before LEN.
    let undone = -1;
    for (let bit = 0; bit < 32; bit++) undone = undone < 0 ? ((undone ^ 0xedb88320) << 1) | 1 : undone << 1;
    space.words[6] = undone ^ ~crc32(space.bytes.subarray(0, 24));
    space.bytes.write('123456789', RECORD_HEADER_LENGTH);
    expect(crcOf(space, 0, 0)).toBe(0);
    expect(crcOf(space, 0, 9) >>> 0).toBe(0xcbf43926);
  }
});

test('no word beyond the one that the payload ends in is read', () => {
  const space = views(new ArrayBuffer(8192));
  fillNoise(space.words, 3);
  const read = new Set<number>();
  const watched = new Proxy(space.words, {
    get(target, key) {
      const index = Number(key);
      read.add(index);
      return target[index];
    },
  });
  for (let payloadLength = 0; payloadLength <= 1535; payloadLength++) {
    read.clear();
    expect(crc32OfRecord(watched, space.bytes, 96, payloadLength)).toBe(expectedCrc(space, 96, payloadLength));
    const words = [0, 1, 2, 3, 4, 5, 6, ...Array.from({ length: Math.ceil(payloadLength / 4) }, (_, i) => 8 + i)];
    expect([...read].sort((a, b) => a - b)).toEqual(words.map((word) => word + 96 / 4));
  }
});

test('records beyond 2 GiB are reached', () => {
  const far = 3 * 1024 ** 3; // only the pages touched take memory
  const space = views(new SharedArrayBuffer(far + 8192));
  fillNoise(space.words.subarray(far / 4), 5);
  for (const payloadLength of [0, 13, 64, 1535, 1536, 4096]) {
    expect(crcOf(space, far + 32, payloadLength)).toBe(expectedCrc(space, far + 32, payloadLength));
  }
});

test('payloads below 1,536 bytes cost no garbage, wherever the record is', () => {
  // 16 bytes (an offset as an object) for each of 2 million calls would be dozens of scavenges of 1 MiB each.
  const script = `
    import { Random } from '../support/random.js';
import { crc32OfRecord } from ${JSON.stringify(new URL('../../src/ring/crc32.js', import.meta.url).href)};
    const buffer = new SharedArrayBuffer(3 * 1024 ** 3 + 65536);
    const words = new Int32Array(buffer), bytes = Buffer.from(buffer);
    const run = (calls, base, length) => {
      let sum = 0;
      for (let i = 0; i < calls; i++) sum ^= crc32OfRecord(words, bytes, base + (i & 255) * 32, length);
      return sum;
    };
    const places = [0, 3 * 1024 ** 3];
    for (const base of places) for (const length of [0, 64, 67, 1535]) run(20000, base, length);
    console.log('measured from here');
    for (const base of places) for (const length of [0, 64, 67]) run(2_000_000, base, length);
    run(100_000, 0, 1535);`;
  const args = ['--trace-gc', '--max-semi-space-size=1', '--input-type=module', '-e', script];
  const { stdout, status } = spawnSync(process.execPath, args, { cwd: fileURLToPath(new URL('.', import.meta.url)) });
  expect(status).toBe(0);
  const measured = stdout.toString().split('measured from here')[1]!;
  expect(measured.match(/Scavenge/g)?.length ?? 0).toBeLessThanOrEqual(2);
});
