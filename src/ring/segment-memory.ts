import type { Geometry, Sections } from '../layout/geometry.js';
import { type HotWords, hotWordsOf } from './hot-words.js';

/** A mapped segment as the ring sees it: views of one buffer, and where things are in it. */
export interface SegmentMemory {
  /** The whole segment; shared words are accessed with `Atomics` only. */
  readonly words: Int32Array;
  /** The hot path's operations on the same words. */
  readonly hot: HotWords;
  /** The whole segment, for payloads. */
  readonly bytes: Buffer;
  /** The whole segment by eight bytes: for timestamps, and for payloads. */
  readonly times: BigInt64Array;
  readonly geometry: Geometry;
  readonly sections: Sections;
  /** Every record carries a CRC. */
  readonly checksum: boolean;
  /** Every record carries the time of its publication. */
  readonly timestamps: boolean;
  /** Nanoseconds from the monotonic clock, as this process sees it, to the Unix epoch, as that was when the segment was created. */
  readonly clockOffsetNs: bigint;
}

/**
 * Views a mapped buffer; `buffer` must be at least `sections.fileLength` long. Allocates three views.
 * @param memory the WebAssembly memory that owns the buffer, if there is one
 */
export function segmentMemory(
  buffer: ArrayBufferLike,
  shape: Omit<SegmentMemory, 'words' | 'hot' | 'bytes' | 'times'>,
  memory?: object,
): SegmentMemory {
  const { fileLength } = shape.sections;
  const words = new Int32Array(buffer, 0, fileLength >>> 2);
  return {
    ...shape,
    words,
    hot: hotWordsOf(words, memory),
    bytes: Buffer.from(buffer, 0, fileLength),
    times: new BigInt64Array(buffer, 0, fileLength >>> 3),
  };
}
