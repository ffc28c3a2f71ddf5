import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hotWordsOf } from '../../src/ring/hot-words.js';

declare const WebAssembly: {
  Memory: new (descriptor: {
    initial: number;
    maximum: number;
    shared: boolean;
  }) => { readonly buffer: SharedArrayBuffer };
};

const PAGES = 2;
const WORD_COUNT = (PAGES * 65_536) / 4;

function memoryAndWords() {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  return { memory, words: new Int32Array(memory.buffer) };
}

const KINDS = ['WebAssembly', 'Atomics'] as const;
const wordsOf = (kind: (typeof KINDS)[number]) => {
  const { memory, words } = memoryAndWords();
  return { words, hot: hotWordsOf(words, kind === 'WebAssembly' ? memory : undefined) };
};

test.each(KINDS)('%s: loads the word of an index, as a signed one', (kind) => {
  const { words, hot } = wordsOf(kind);
  words.set([1, -2, 0x7fff_ffff, -0x8000_0000]);
  words[WORD_COUNT - 1] = 5;
  expect([0, 1, 2, 3, 4, WORD_COUNT - 1].map((index) => hot.load(index))).toEqual([
    1, -2, 0x7fff_ffff, -0x8000_0000, 0, 5,
  ]);
});

test.each(KINDS)('%s: stores one word, and gives another as it is after that', (kind) => {
  const { words, hot } = wordsOf(kind);
  words[7] = -9;
  expect(hot.storeThenLoad(3, -4, 7)).toBe(-9);
  expect(hot.storeThenLoad(7, 0x7fff_ffff, 7)).toBe(0x7fff_ffff);
  expect(hot.storeThenLoad(WORD_COUNT - 1, 1, 3)).toBe(-4);
  const expected = new Int32Array(WORD_COUNT);
  expected.set([-4], 3);
  expected.set([0x7fff_ffff], 7);
  expected.set([1], WORD_COUNT - 1);
  expect(words).toEqual(expected);
});

const RECORD = { kind: 0x0100_0301, timeLow: -5, timeHigh: 6, length: 64 };
const headerOf = (sequence: bigint) => [
  0x534d_5248,
  RECORD.kind,
  Number(BigInt.asIntN(32, sequence)),
  Number(BigInt.asIntN(32, sequence >> 32n)),
  RECORD.timeLow,
  RECORD.timeHigh,
  RECORD.length,
  0,
];

test.each(KINDS)('%s: repeats a record header with rising sequences, also where the low word comes round', (kind) => {
  const STRIDE = 96;
  for (const count of [1, 2, 15]) {
    const { words, hot } = wordsOf(kind);
    const header = [0x534d_5248, -0x7fff_ff01, -3, -1, 5, -6, 64, 0];
    words.fill(7);
    words.set(header, 64);
    hot.repeatHeader(64, STRIDE, count);
    const expected = new Int32Array(WORD_COUNT).fill(7);
    for (let i = 0; i <= count; i++) {
      expected.set(header, 64 + (i * STRIDE) / 4);
      const sequence = 0xffff_ffff_ffff_fffdn + BigInt(i);
      expected[64 + (i * STRIDE) / 4 + 2] = Number(BigInt.asIntN(32, sequence));
      expected[64 + (i * STRIDE) / 4 + 3] = Number(BigInt.asIntN(32, sequence >> 32n));
    }
    expect(words).toEqual(expected);
  }
});

test.each(KINDS)('%s: seals and publishes one record, also where the low word comes round', (kind) => {
  for (const low of [0, 7, -1, 0x7fff_ffff]) {
    const { words, hot } = wordsOf(kind);
    words.fill(7);
    words[900] = -9;
    const { timeLow, timeHigh, length } = RECORD;
    expect(hot.sealAndPublish(64, RECORD.kind, low, -1, timeLow, timeHigh, length, 0x6660, 800, 700, 900)).toBe(-9);
    const sequence = (0xffff_ffffn << 32n) | BigInt(low >>> 0);
    const expected = new Int32Array(WORD_COUNT).fill(7);
    expected.set(headerOf(sequence), 64);
    expected.set([0x6660, ...headerOf(sequence + 1n).slice(2, 4)], 800);
    expected[700] = 0x6660;
    expected[900] = -9;
    expect(words).toEqual(expected);
  }
});

test('the module and JavaScript write the same bytes, whatever they are given', () => {
  const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const places = fc.uniqueArray(fc.integer({ min: 1, max: WORD_COUNT / 32 - 12 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(
      places,
      fc.array(word, { minLength: 8, maxLength: 8 }),
      fc.integer({ min: 1, max: 20 }),
      (at, values, count) => {
        const [index, entry, head, bell] = at.map((place) => place * 32) as [number, number, number, number];
        const [type, low, high, timeLow, timeHigh, length, end, before] = values as [
          number,
          number,
          number,
          number,
          number,
          number,
          number,
          number,
        ];
        const results = KINDS.map((kind) => {
          const { words, hot } = wordsOf(kind);
          words[bell] = before;
          const rung = hot.sealAndPublish(index, type, low, high, timeLow, timeHigh, length, end, entry, head, bell);
          hot.repeatHeader(index, 64, count);
          return { rung, words: Buffer.from(words.buffer.slice(0)) };
        });
        expect(results[0]!.rung).toBe(results[1]!.rung);
        expect(results[0]!.words.equals(results[1]!.words)).toBe(true);
      },
    ),
  );
});

test.each(KINDS)('%s: never writes beyond the memory', (kind) => {
  const { words, hot } = wordsOf(kind);
  for (const index of [WORD_COUNT, 2 ** 30 - 1]) expect(() => hot.storeThenLoad(index, 1, 0)).toThrow();
  expect(words.every((word) => word === 0)).toBe(true);
});

// Dekker: each stores its own word and then looks at the other's. With no order between the two, both may see nothing.
test('a store is seen by everybody before the load after it is done', async () => {
  const ROUNDS = 20_000;
  const { memory, words } = memoryAndWords();
  const module = new URL('../../src/ring/hot-words.js', import.meta.url).href;
  const program = `
    const { workerData: { memory, side, rounds, module } } = require('node:worker_threads');
    import(module).then(({ hotWordsOf }) => {
      const words = new Int32Array(memory.buffer);
      const hot = hotWordsOf(words, memory);
      const ROUND = 64, OWN = 128 + 64 * side, OTHER = 128 + 64 * (1 - side), SEEN = 256 + 64 * side, BOTH_BLIND = 512;
      for (let round = 1; round <= rounds; round++) {
        Atomics.add(words, ROUND, 1);
        while (Atomics.load(words, ROUND) < 2 * round);
        const seen = hot.storeThenLoad(OWN, round, OTHER);
        Atomics.store(words, SEEN, seen === round ? 1 : 0);
        Atomics.add(words, ROUND + 1, 1);
        while (Atomics.load(words, ROUND + 1) < 2 * round);
        if (side === 0 && Atomics.load(words, 256) + Atomics.load(words, 320) === 0) Atomics.add(words, BOTH_BLIND, 1);
        Atomics.add(words, ROUND + 2, 1);
        while (Atomics.load(words, ROUND + 2) < 2 * round);
      }
    });`;
  const ends = [0, 1].map((side) => {
    const worker = new Worker(program, { eval: true, workerData: { memory, side, rounds: ROUNDS, module } });
    return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  });
  await Promise.all(ends);
  expect(words[64]).toBe(2 * ROUNDS);
  expect(words[512]).toBe(0);
});
