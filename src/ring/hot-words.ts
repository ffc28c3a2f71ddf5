import { RECORD_HEADER_LENGTH, RECORD_SEQUENCE_LOW_WORD } from '../layout/record.js';
import { HOT_WORDS_MODULE } from './hot-words-module.js';
import { fillHeader } from './record-header.js';

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
  /**
   * Writes the header of one record, then publishes it: the handover entry at word `entryIndex`, then the head, which becomes `end`. The bell,
   * loaded after that. The high word of the head stays as it is.
   */
  sealAndPublish(
    index: number,
    kind: number,
    sequenceLow: number,
    sequenceHigh: number,
    timeLow: number,
    timeHigh: number,
    length: number,
    end: number,
    entryIndex: number,
    headIndex: number,
    bellIndex: number,
  ): number;
}

let compiled: object | undefined;

/**
 * The operations for a mapping. Over the pages of a WebAssembly `memory` they are the module's, and an instance takes some ten
 * microseconds to make; for any other mapping they are JavaScript on `words`, which view all of it.
 */
export function hotWordsOf(words: Int32Array, memory?: object): HotWords {
  if (memory === undefined) return hotWordsInJavaScript(words);
  compiled ??= new WebAssembly.Module(Buffer.from(HOT_WORDS_MODULE, 'base64'));
  const { load, storeThenLoad, repeatHeader, sealAndPublish } = new WebAssembly.Instance(compiled, { '': { memory } })
    .exports;
  return { load, storeThenLoad, repeatHeader, sealAndPublish };
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
        words.copyWithin(next, at, at + (RECORD_HEADER_LENGTH >>> 2));
        const low = next + RECORD_SEQUENCE_LOW_WORD;
        words[low] = words[low]! + 1;
        if (words[low] === 0) words[low + 1] = words[low + 1]! + 1;
        at = next;
      }
    },
    sealAndPublish(index, kind, sequenceLow, sequenceHigh, timeLow, timeHigh, length, end, entry, head, bell) {
      fillHeader(words, index, kind, sequenceLow, sequenceHigh, timeLow, timeHigh, length);
      words[entry] = end;
      words[entry + 1] = (sequenceLow + 1) | 0;
      words[entry + 2] = sequenceLow === -1 ? (sequenceHigh + 1) | 0 : sequenceHigh;
      Atomics.store(words, head, end); // SYNC: published, handover
      return Atomics.load(words, bell); // SYNC: bell
    },
  };
}
