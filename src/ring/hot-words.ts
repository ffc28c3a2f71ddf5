import { RECORD_HEADER_LENGTH, RECORD_SEQUENCE_OFFSET } from '../layout/record.js';

/** The part of the WebAssembly API that is used; its full types are the browser's. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: { readonly '': { readonly memory: object } },
  ) => { readonly exports: HotWords };
};

/**
 * Operations on words of the mapping that are slow in JavaScript. The first two do what `Atomics` does, sequentially consistent. V8 calls
 * `Atomics` as functions; these compile to the instructions themselves. Every index must lie within the mapping.
 */
export interface HotWords {
  load(index: number): number;
  /** Stores one word, then loads another; everybody sees this order. For a store that is followed by a look at the bell. */
  storeThenLoad(index: number, value: number, loadIndex: number): number;
  /**
   * Writes the record header at word `index` again, `count` times (from 1), each `stride` bytes after the one before and with
   * a sequence that is one more. It stores eight bytes at a time: half as many stores wait while cache lines move from another core.
   */
  repeatHeader(index: number, stride: number, count: number): void;
}

/**
 * This module, 219 bytes, so that nothing has to be assembled or loaded. A call costs 2 ns when the call site has seen only one mapping
 * (V8 calls it monomorphic).
 *
 *     (module
 *       (import "" "memory" (memory 1 65536 shared))
 *       (func (export "load") (param i32) (result i32)
 *         (i32.atomic.load (i32.shl (local.get 0) (i32.const 2))))
 *       (func (export "storeThenLoad") (param i32 i32 i32) (result i32)
 *         (i32.atomic.store (i32.shl (local.get 0) (i32.const 2)) (local.get 1))
 *         (i32.atomic.load (i32.shl (local.get 2) (i32.const 2))))
 *       (func (export "repeatHeader") (param i32 i32 i32) (local i64 i64 i64 i64)
 *         (local.set 3 (i64.load (local.tee 0 (i32.shl (local.get 0) (i32.const 2)))))
 *         (local.set 4 (i64.load offset=8 (local.get 0)))
 *         (local.set 5 (i64.load offset=16 (local.get 0)))
 *         (local.set 6 (i64.load offset=24 (local.get 0)))
 *         (loop
 *           (i64.store (local.tee 0 (i32.add (local.get 0) (local.get 1))) (local.get 3))
 *           (i64.store offset=8 (local.get 0) (local.tee 4 (i64.add (local.get 4) (i64.const 1))))
 *           (i64.store offset=16 (local.get 0) (local.get 5))
 *           (i64.store offset=24 (local.get 0) (local.get 6))
 *           (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))))
 */
// biome-ignore format: a row for each part of the module
const BYTES = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  // types: (i32) -> i32, (i32, i32, i32) -> i32, (i32, i32, i32) -> nothing
  0x01, 0x13, 0x03, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x60, 0x03, 0x7f, 0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x03, 0x7f, 0x7f, 0x7f, 0x00,
  // import "" "memory": shared, 1 to 65536 pages
  0x02, 0x0f, 0x01, 0x00, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x03, 0x01, 0x80, 0x80, 0x04,
  // three functions, of these types
  0x03, 0x04, 0x03, 0x00, 0x01, 0x02,
  // exports "load", "storeThenLoad" and "repeatHeader"
  0x07, 0x27, 0x03, 0x04, 0x6c, 0x6f, 0x61, 0x64, 0x00, 0x00,
  0x0d, 0x73, 0x74, 0x6f, 0x72, 0x65, 0x54, 0x68, 0x65, 0x6e, 0x4c, 0x6f, 0x61, 0x64, 0x00, 0x01,
  0x0c, 0x72, 0x65, 0x70, 0x65, 0x61, 0x74, 0x48, 0x65, 0x61, 0x64, 0x65, 0x72, 0x00, 0x02,
  // their code: local.get 0, i32.const 2, i32.shl, i32.atomic.load
  0x0a, 0x7c, 0x03, 0x0b, 0x00, 0x20, 0x00, 0x41, 0x02, 0x74, 0xfe, 0x10, 0x02, 0x00, 0x0b,
  // local.get 0, i32.const 2, i32.shl, local.get 1, i32.atomic.store; local.get 2, i32.const 2, i32.shl, i32.atomic.load
  0x16, 0x00, 0x20, 0x00, 0x41, 0x02, 0x74, 0x20, 0x01, 0xfe, 0x17, 0x02, 0x00,
  0x20, 0x02, 0x41, 0x02, 0x74, 0xfe, 0x10, 0x02, 0x00, 0x0b,
  // four locals; the index as bytes, and the four parts of the header
  0x57, 0x01, 0x04, 0x7e, 0x20, 0x00, 0x41, 0x02, 0x74, 0x22, 0x00, 0x29, 0x03, 0x00, 0x21, 0x03,
  0x20, 0x00, 0x29, 0x03, 0x08, 0x21, 0x04, 0x20, 0x00, 0x29, 0x03, 0x10, 0x21, 0x05, 0x20, 0x00, 0x29, 0x03, 0x18, 0x21, 0x06,
  // the loop: the next place, and a store of each part
  0x03, 0x40, 0x20, 0x00, 0x20, 0x01, 0x6a, 0x22, 0x00, 0x20, 0x03, 0x37, 0x03, 0x00,
  0x20, 0x00, 0x20, 0x04, 0x42, 0x01, 0x7c, 0x22, 0x04, 0x37, 0x03, 0x08,
  0x20, 0x00, 0x20, 0x05, 0x37, 0x03, 0x10, 0x20, 0x00, 0x20, 0x06, 0x37, 0x03, 0x18,
  // once more, unless that was the last
  0x20, 0x02, 0x41, 0x01, 0x6b, 0x22, 0x02, 0x0d, 0x00, 0x0b, 0x0b,
);

const HEADER_WORDS: number = RECORD_HEADER_LENGTH >>> 2;
const SEQUENCE_WORD: number = RECORD_SEQUENCE_OFFSET >>> 2;

let compiled: object | undefined;

/**
 * The operations for a mapping. Over the pages of a WebAssembly `memory` they are the module's, and an instance takes some ten
 * microseconds to make; for any other mapping they are JavaScript on `words`, which view all of it.
 */
export function hotWordsOf(words: Int32Array, memory?: object): HotWords {
  if (memory === undefined) return hotWordsInJavaScript(words);
  compiled ??= new WebAssembly.Module(BYTES);
  const { load, storeThenLoad, repeatHeader } = new WebAssembly.Instance(compiled, { '': { memory } }).exports;
  return { load, storeThenLoad, repeatHeader };
}

function hotWordsInJavaScript(words: Int32Array): HotWords {
  return {
    load: (index) => Atomics.load(words, index),
    storeThenLoad(index, value, loadIndex) {
      Atomics.store(words, index, value);
      return Atomics.load(words, loadIndex);
    },
    repeatHeader(index, stride, count) {
      for (let at = index, left = count; left > 0; left--) {
        const next = at + (stride >>> 2);
        words.copyWithin(next, at, at + HEADER_WORDS);
        const low = next + SEQUENCE_WORD;
        words[low] = words[low]! + 1;
        if (words[low] === 0) words[low + 1] = words[low + 1]! + 1;
        at = next;
      }
    },
  };
}
