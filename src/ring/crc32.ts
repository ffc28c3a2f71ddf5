import { crc32 } from '../built-ins.js';
import { RECORD_HEADER_LENGTH, RECORD_MAGIC } from '../layout/record.js';

const POLYNOMIAL = 0xedb88320;

/** From this payload length on zlib takes at most two thirds of the time, worth the view that it must be given. */
const ZLIB_MIN_LENGTH = 1536;

/** 256 entries each: one table for every byte of the longest step. 12 KiB, of which payloads use the first 8. */
const TABLE_COUNT = 12;
const tables: Int32Array = new Int32Array(TABLE_COUNT * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  tables[byte] = crc;
}
for (let entry = 256; entry < tables.length; entry++) {
  const previous = tables[entry - 256]!;
  tables[entry] = (previous >>> 8) ^ tables[previous & 255]!;
}

// T<n>[byte]: what a byte does to the CRC by the time n more bytes have passed. T<n>[0] is 0. As constants of the
// module their addresses are compiled in, which one table with computed places loses 7 % against.
const table = (n: number): Int32Array => tables.subarray(n * 256, (n + 1) * 256);
const T0 = table(0);
const T1 = table(1);
const T2 = table(2);
const T3 = table(3);
const T4 = table(4);
const T5 = table(5);
const T6 = table(6);
const T7 = table(7);
const T8 = table(8);
const T9 = table(9);
const T10 = table(10);
const T11 = table(11);

/** The CRC register once the magic of a sound record has passed. */
const AFTER_MAGIC: number =
  T3[~RECORD_MAGIC & 255]! ^
  T2[(~RECORD_MAGIC >>> 8) & 255]! ^
  T1[(~RECORD_MAGIC >>> 16) & 255]! ^
  T0[~RECORD_MAGIC >>> 24]!;

/**
 * CRC-32 (IEEE, as zlib has it) of the record at byte `recordOffset`: bytes 0–27 of its header, then its payload. A
 * signed 32-bit integer, as an `Int32Array` keeps it. `words` and `bytes` view the same buffer from its start;
 * `recordOffset` is a multiple of 4, and the caller has made sure that the record lies within the buffer.
 *
 * Reads nothing beyond the word that the payload ends in. Allocates nothing below 1,536 bytes of payload, and one view
 * (112 bytes) from there on; zlib takes views of shared buffers on Node 20, 22 and 24.
 */
export function crc32OfRecord(
  words: Int32Array,
  bytes: Uint8Array,
  recordOffset: number,
  payloadLength: number,
): number {
  // Inlined, so that offsets from 2^31 on, which would be objects as arguments, never reach a call.
  return crc32At(words, bytes, recordOffset >>> 2, payloadLength, words[recordOffset >>> 2]!);
}

/** The same for a record without its magic, which is stored last, when everything else is in place. */
export function crc32OfBegunRecord(
  words: Int32Array,
  bytes: Uint8Array,
  recordOffset: number,
  payloadLength: number,
): number {
  return crc32At(words, bytes, recordOffset >>> 2, payloadLength, RECORD_MAGIC);
}

/**
 * The record at word `index`. Eight bytes at a step, each looked up in a table of its own, so that the lookups run side
 * by side. One long function on purpose: helpers would compete with the caller's for what the compiler inlines.
 *
 * Median ns a record, its 28 bytes of header included (bench/micro/crc32.ts of commit 1e699c9: all interleaved in one run, 101 rounds,
 * Node 20.20.2 on one core of an AMD EPYC, family 26; Node 22 and 24 give the same order and much the same figures):
 *
 * | payload, bytes       |   0 |  16 |  64 | 256 | 1024 | 2048 | 4096 |  65536 |
 * |----------------------|----:|----:|----:|----:|-----:|-----:|-----:|-------:|
 * | this                 |  11 |  17 |  34 | 105 |  391 |  458 |  794 | 10,118 |
 * | slice-by-4           |  18 |  29 |  63 | 200 |  755 | 1480 | 2968 | 46,885 |
 * | slice-by-8           |  15 |  22 |  42 | 121 |  438 |  871 | 1728 | 27,198 |
 * | slice-by-16          |  16 |  23 |  41 | 117 |  427 |  828 | 1645 | 25,831 |
 * | zlib alone           | 148 | 181 | 269 | 285 |  415 |  542 |  889 | 10,217 |
 * | WebAssembly, by 16   |  13 |  17 |  28 |  71 |  251 |  480 |  946 | 14,685 |
 *
 * WebAssembly escapes the bounds checks of the tables, but it would have to be compiled for each mapping, keep its
 * tables in a page of that mapping behind the file, and leave mappings of other kinds to this function.
 */
function crc32At(words: Int32Array, bytes: Uint8Array, index: number, payloadLength: number, magic: number): number {
  // The header, in steps of 4, 12 and 12 bytes. What is known or nearly always zero is not looked up: 18 of 28 are.
  let x = magic;
  let y = 0;
  let crc = AFTER_MAGIC;
  if (x !== RECORD_MAGIC) {
    x = ~x;
    crc = T3[x & 255]! ^ T2[(x >>> 8) & 255]! ^ T1[(x >>> 16) & 255]! ^ T0[x >>> 24]!;
  }
  x = crc ^ words[(index + 1) | 0]!;
  y = words[(index + 2) | 0]!;
  const sequenceHigh = words[(index + 3) | 0]!;
  // biome-ignore format: a row for each word
  crc =
    T7[y & 255]! ^ T6[(y >>> 8) & 255]! ^ T5[(y >>> 16) & 255]! ^ T4[y >>> 24]! ^
    T11[x & 255]! ^ T10[(x >>> 8) & 255]! ^ T9[(x >>> 16) & 255]! ^ T8[x >>> 24]!;
  if (sequenceHigh !== 0) {
    y = sequenceHigh;
    crc ^= T3[y & 255]! ^ T2[(y >>> 8) & 255]! ^ T1[(y >>> 16) & 255]! ^ T0[y >>> 24]!;
  }
  x = crc ^ words[(index + 4) | 0]!;
  y = words[(index + 5) | 0]!;
  const length = words[(index + 6) | 0]!;
  // biome-ignore format: a row for each word
  crc =
    T3[length & 255]! ^ T2[(length >>> 8) & 255]! ^
    T7[y & 255]! ^ T6[(y >>> 8) & 255]! ^ T5[(y >>> 16) & 255]! ^ T4[y >>> 24]! ^
    T11[x & 255]! ^ T10[(x >>> 8) & 255]! ^ T9[(x >>> 16) & 255]! ^ T8[x >>> 24]!;
  if (length >>> 16 !== 0) crc ^= T1[(length >>> 16) & 255]! ^ T0[length >>> 24]!;

  if (payloadLength >= ZLIB_MIN_LENGTH) {
    const payloadOffset = index * 4 + RECORD_HEADER_LENGTH;
    return crc32(bytes.subarray(payloadOffset, payloadOffset + payloadLength), ~crc >>> 0) | 0;
  }

  let i = (index + RECORD_HEADER_LENGTH / 4) | 0;
  const end = (i + (payloadLength >>> 2)) | 0;
  for (const lastPair = (end - 1) | 0; i < lastPair; i = (i + 2) | 0) {
    x = crc ^ words[i]!;
    y = words[(i + 1) | 0]!;
    // biome-ignore format: a row for each word
    crc =
      T3[y & 255]! ^ T2[(y >>> 8) & 255]! ^ T1[(y >>> 16) & 255]! ^ T0[y >>> 24]! ^
      T7[x & 255]! ^ T6[(x >>> 8) & 255]! ^ T5[(x >>> 16) & 255]! ^ T4[x >>> 24]!;
  }
  if (i < end) {
    x = crc ^ words[i]!;
    crc = T3[x & 255]! ^ T2[(x >>> 8) & 255]! ^ T1[(x >>> 16) & 255]! ^ T0[x >>> 24]!;
  }
  const rest = payloadLength & 3;
  if (rest !== 0) {
    x = words[end]!;
    for (let n = 0; n < rest; n++, x >>>= 8) crc = (crc >>> 8) ^ T0[(crc ^ x) & 255]!;
  }
  return ~crc;
}
