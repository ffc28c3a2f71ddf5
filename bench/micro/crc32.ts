// What a record's CRC costs, and what the ways not taken would: `node dist/bench/micro/crc32.js [rounds]`.
//
//   one process, one thread ── candidate A, B, C … on the same records of a shared buffer, interleaved, round by round
//
// Every candidate is checked against zlib first. Prints min – median – max ns a record over the rounds; the machine
// gives different figures from one hour to the next, so compare only within a run.

import { randomFillSync } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { RECORD_HEADER_LENGTH, RECORD_MAGIC, recordKind, recordLength } from '../../src/layout/record.js';
import { crc32OfRecord } from '../../src/ring/crc32.js';

/** The part of the WebAssembly API that is used; its full types are the browser's. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => { readonly buffer: SharedArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: { readonly f: (recordOffset: number, payloadLength: number) => number } };
};

type Crc = typeof crc32OfRecord;
type Loop = (calls: number, payloadLength: number, stride: number, end: number) => number;

const PAYLOAD_LENGTHS = [0, 16, 64, 256, 1024, 2048, 4096, 65536];
const ROUNDS = Number(process.argv[2] ?? 101);
/** Long enough for the clock, short enough that a disturbance spoils few rounds. */
const ROUND_NS = 300_000;

const PAGE = 65536;
const PAGES = 4;
const TABLES_ADDRESS = (PAGES - 1) * PAGE;
const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
const words = new Int32Array(memory.buffer);
const bytes = new Uint8Array(memory.buffer);

const TABLE_COUNT = 16;
const tables = new Int32Array(TABLE_COUNT * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  tables[byte] = crc;
}
for (let i = 256; i < tables.length; i++) tables[i] = (tables[i - 256]! >>> 8) ^ tables[tables[i - 256]! & 255]!;

// ---- Slicing in JS, 4, 8 and 16 bytes at a step, without the shortcuts for the header

const table = (n: number): Int32Array => tables.subarray(n * 256, (n + 1) * 256);
const [T0, T1, T2, T3] = [table(0), table(1), table(2), table(3)];
const [T4, T5, T6, T7] = [table(4), table(5), table(6), table(7)];
const [T8, T9, T10, T11] = [table(8), table(9), table(10), table(11)];
const [T12, T13, T14, T15] = [table(12), table(13), table(14), table(15)];

function step4(x: number): number {
  return T3[x & 255]! ^ T2[(x >>> 8) & 255]! ^ T1[(x >>> 16) & 255]! ^ T0[x >>> 24]!;
}

function step8(x: number, y: number): number {
  return step4(y) ^ T7[x & 255]! ^ T6[(x >>> 8) & 255]! ^ T5[(x >>> 16) & 255]! ^ T4[x >>> 24]!;
}

// biome-ignore format: a row for each word
function step16(x: number, y: number, z: number, w: number): number {
  return (
    step8(z, w) ^
    T11[y & 255]! ^ T10[(y >>> 8) & 255]! ^ T9[(y >>> 16) & 255]! ^ T8[y >>> 24]! ^
    T15[x & 255]! ^ T14[(x >>> 8) & 255]! ^ T13[(x >>> 16) & 255]! ^ T12[x >>> 24]!
  );
}

function finish(words: Int32Array, crc: number, index: number, rest: number): number {
  let i = index;
  for (; rest >= 4; rest -= 4) crc = step4(crc ^ words[i++]!);
  for (let word = rest > 0 ? words[i]! : 0; rest > 0; rest--, word >>>= 8) crc = (crc >>> 8) ^ T0[(crc ^ word) & 255]!;
  return ~crc;
}

const sliceBy4: Crc = (words, _bytes, recordOffset, payloadLength) => {
  let i = recordOffset >>> 2;
  let crc = -1;
  for (const end = (i + 7) | 0; i < end; i = (i + 1) | 0) crc = step4(crc ^ words[i]!);
  i = (i + 1) | 0;
  for (const end = (i + (payloadLength >>> 2)) | 0; i < end; i = (i + 1) | 0) crc = step4(crc ^ words[i]!);
  return finish(words, crc, i, payloadLength & 3);
};

const sliceBy8: Crc = (words, _bytes, recordOffset, payloadLength) => {
  let i = recordOffset >>> 2;
  let crc = step4(~words[i]!);
  i = (i + 1) | 0;
  for (const end = (i + 6) | 0; i < end; i = (i + 2) | 0) crc = step8(crc ^ words[i]!, words[(i + 1) | 0]!);
  i = (i + 1) | 0;
  const end = (i + ((payloadLength >>> 3) << 1)) | 0;
  for (; i < end; i = (i + 2) | 0) crc = step8(crc ^ words[i]!, words[(i + 1) | 0]!);
  return finish(words, crc, i, payloadLength & 7);
};

const sliceBy16: Crc = (words, _bytes, recordOffset, payloadLength) => {
  let i = recordOffset >>> 2;
  let crc = step8(step4(~words[i]!) ^ words[(i + 1) | 0]!, words[(i + 2) | 0]!);
  i = (i + 3) | 0;
  crc = step16(crc ^ words[i]!, words[(i + 1) | 0]!, words[(i + 2) | 0]!, words[(i + 3) | 0]!);
  i = (i + 5) | 0;
  const end = (i + ((payloadLength >>> 4) << 2)) | 0;
  for (; i < end; i = (i + 4) | 0) {
    crc = step16(crc ^ words[i]!, words[(i + 1) | 0]!, words[(i + 2) | 0]!, words[(i + 3) | 0]!);
  }
  return finish(words, crc, i, payloadLength & 15);
};

// ---- zlib throughout, at two views a record

const zlibTwice: Crc = (_words, bytes, recordOffset, payloadLength) => {
  const payloadOffset = recordOffset + RECORD_HEADER_LENGTH;
  const header = crc32(bytes.subarray(recordOffset, recordOffset + 28));
  return crc32(bytes.subarray(payloadOffset, payloadOffset + payloadLength), header) | 0;
};

// ---- WebAssembly, slice-by-16, on the memory itself; its tables lie in a page of that memory behind the records

/** Emits (offset, payloadLength) => crc with the shortcuts for the header that `crc32OfRecord` takes. */
function wasmSliceBy16(): Crc {
  const leb = (value: number): number[] =>
    value >>> 0 < 128 ? [value] : [(value & 127) | 128, ...leb((value >>> 7) >>> 0)];
  const sleb = (value: number): number[] =>
    value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...sleb(value >> 7)];
  const XOR = 0x73;
  const END = 0x0b;
  const [OFFSET, REST, CRC, X, Y, Z, W] = [0, 1, 2, 3, 4, 5, 6] as const;
  const get = (local: number) => [0x20, local];
  const set = (local: number) => [0x21, local];
  const constant = (value: number) => [0x41, ...sleb(value)];
  const word = (offset: number) => [...get(OFFSET), 0x28, 2, ...leb(offset)];
  /** The table entry of one byte of a local: ((local >>> 8·byte) & 255) << 2, folded into one shift and one mask. */
  const look = (local: number, byte: number, n: number) => [
    ...get(local),
    ...(byte === 0 ? [...constant(2), 0x74] : [...constant(8 * byte - 2), 0x76]),
    ...[...constant(1020), 0x71, 0x28, 2, ...leb(TABLES_ADDRESS + n * 1024)],
  ];
  const row = (local: number, n: number) => [3, 2, 1, 0].map((byte) => look(local, byte, n + 3 - byte));
  const xorAll = (terms: number[][]) => terms.flatMap((term, i) => (i === 0 ? term : [...term, XOR]));
  const step = (rows: number[][]) => [...xorAll(rows), ...set(CRC)];
  const into = (local: number, offset: number, withCrc = false) => [
    ...word(offset),
    ...(withCrc ? [...get(CRC), XOR] : []),
    ...set(local),
  ];
  const when = (condition: number[], then: number[]) => [...condition, 0x04, 0x40, ...then, END];
  const whileAtLeast = (length: number, body: number[]) => [
    ...[0x02, 0x40, 0x03, 0x40, ...get(REST), ...constant(length), 0x49, 0x0d, 1],
    ...[...body, ...get(OFFSET), ...constant(length), 0x6a, ...set(OFFSET)],
    ...[...get(REST), ...constant(length), 0x6b, ...set(REST), 0x0c, 0, END, END],
  ];
  const afterMagic = crc32(Int32Array.of(RECORD_MAGIC)) ^ -1;
  const body = [
    ...[...constant(-1), ...set(CRC), ...into(X, 0, true), ...step(row(X, 0))],
    ...when([...word(0), ...constant(RECORD_MAGIC), 0x46], [...constant(afterMagic), ...set(CRC)]),
    ...[...into(X, 4, true), ...into(Y, 8), ...into(Z, 12), ...step([...row(Y, 4), ...row(X, 8)])],
    ...when(get(Z), step([get(CRC), ...row(Z, 0)])),
    ...[...into(X, 16, true), ...into(Y, 20), ...into(Z, 24)],
    ...step([look(Z, 0, 3), look(Z, 1, 2), ...row(Y, 4), ...row(X, 8)]),
    ...when([...get(Z), ...constant(16), 0x76], step([get(CRC), look(Z, 2, 1), look(Z, 3, 0)])),
    ...[...get(OFFSET), ...constant(RECORD_HEADER_LENGTH), 0x6a, ...set(OFFSET)],
    ...whileAtLeast(16, [
      ...[...into(X, 0, true), ...into(Y, 4), ...into(Z, 8), ...into(W, 12)],
      ...step([...row(W, 0), ...row(Z, 4), ...row(Y, 8), ...row(X, 12)]),
    ]),
    ...whileAtLeast(4, [...into(X, 0, true), ...step(row(X, 0))]),
    ...whileAtLeast(1, [
      ...[...get(OFFSET), 0x2d, 0, 0, ...get(CRC), XOR, ...set(X)],
      ...step([[...get(CRC), ...constant(8), 0x76], look(X, 0, 0)]),
    ]),
    ...[...get(CRC), ...constant(-1), XOR, END],
  ];
  const section = (id: number, content: number[]) => [id, ...leb(content.length), ...content];
  const code = [1, 5, 0x7f, ...body];
  const module = new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]),
    ...section(2, [1, 1, 0x65, 1, 0x6d, 2, 3, ...leb(PAGES), ...leb(PAGES)]),
    ...[...section(3, [1, 0]), ...section(7, [1, 1, 0x66, 0, 0])],
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
  words.set(tables, TABLES_ADDRESS >>> 2);
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(module), { e: { m: memory } }).exports;
  return (_words, _bytes, recordOffset, payloadLength) => f(recordOffset, payloadLength);
}

// ---- Checking and timing

const candidates: Record<string, Crc> = {
  crc32OfRecord,
  'JS slice-by-4': sliceBy4,
  'JS slice-by-8': sliceBy8,
  'JS slice-by-16': sliceBy16,
  'zlib.crc32 only': zlibTwice,
  'wasm slice-by-16': wasmSliceBy16(),
};

/** Writes records of this payload length from offset 0 on, one at least and 64 KiB of them at most; returns their end. */
function fillRecords(payloadLength: number): number {
  const stride = recordLength(payloadLength);
  const end = stride * Math.max(1, Math.floor(PAGE / stride));
  const noise = randomFillSync(new Int32Array(end >>> 2));
  words.set(noise);
  for (let offset = 0; offset < end; offset += stride) {
    const index = offset >>> 2;
    words[index] = RECORD_MAGIC;
    words[index + 1] = recordKind(3, true) | (1 << 8);
    words[index + 3] = 0; // fewer than 2^32 messages so far
    words[index + 5] = 0x18a1_b2c3; // the upper half of a time stamp
    words[index + 6] = payloadLength;
  }
  return end;
}

function check(name: string, crcOf: Crc): void {
  for (const payloadLength of [...PAYLOAD_LENGTHS, 1, 2, 3, 7, 13, 63, 101]) {
    fillRecords(payloadLength);
    const expected = zlibTwice(words, bytes, 0, payloadLength);
    if (crcOf(words, bytes, 0, payloadLength) !== expected) throw new Error(`${name} is wrong at ${payloadLength} B`);
  }
}

/** A loop of its own, by source text, for each candidate: a shared one would make every call an indirect one. */
function loopOver(crcOf: Crc): Loop {
  const source = `return (calls, payloadLength, stride, end) => {
    let sum = 0;
    for (let call = 0, offset = 0; call < calls; call++) {
      sum ^= crcOf(words, bytes, offset, payloadLength);
      offset += stride;
      if (offset >= end) offset = 0;
    }
    return sum;
  }`;
  return new Function('crcOf', 'words', 'bytes', source)(crcOf, words, bytes) as Loop;
}

function timed(loop: Loop, calls: number, payloadLength: number, end: number): number {
  const startedAt = process.hrtime.bigint();
  loop(calls, payloadLength, recordLength(payloadLength), end);
  return Number(process.hrtime.bigint() - startedAt) / calls;
}

const loops: [string, Loop][] = [];
for (const [name, crcOf] of Object.entries(candidates)) {
  check(name, crcOf);
  loops.push([name, loopOver(crcOf)]);
}
const shortEnd = fillRecords(64);
for (const [, loop] of loops) for (let i = 0; i < 3000; i++) loop(20, i % 67, 128, shortEnd - 128);

const rows: Record<string, Record<string, string>> = {};
for (const payloadLength of PAYLOAD_LENGTHS) {
  const end = fillRecords(payloadLength);
  const samples = loops.map((): number[] => []);
  const calls = loops.map(([, loop]) => {
    for (let i = 0; i < 10; i++) timed(loop, Math.ceil(2e5 / (payloadLength + 28)), payloadLength, end);
    return Math.max(1, Math.round(ROUND_NS / timed(loop, Math.ceil(2e5 / (payloadLength + 28)), payloadLength, end)));
  });
  for (let round = 0; round < ROUNDS; round++) {
    loops.forEach(([, loop], i) => {
      samples[i]!.push(timed(loop, calls[i]!, payloadLength, end));
    });
  }
  loops.forEach(([name], i) => {
    const sorted = samples[i]!.sort((a, b) => a - b);
    const [least, median, most] = [sorted[0]!, sorted[sorted.length >> 1]!, sorted[sorted.length - 1]!];
    const digits = median < 1000 ? 1 : 0;
    rows[name] ??= {};
    rows[name][`${payloadLength} B`] = `${least.toFixed(digits)} – ${median.toFixed(digits)} – ${most.toFixed(digits)}`;
  });
}
console.log(`Node ${process.version}, ${ROUNDS} rounds, ns a record (header of 28 bytes included): min – median – max`);
console.table(rows);
