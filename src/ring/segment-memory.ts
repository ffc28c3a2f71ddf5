import type { Geometry, Sections } from '../layout/geometry.js';

/** A mapped segment as the ring sees it: views of one buffer, and where things are in it. */
export interface SegmentMemory {
  /** The whole segment; shared words are accessed with `Atomics` only. */
  readonly words: Int32Array;
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
  /** Nanoseconds from this machine's monotonic clock to the Unix epoch, fixed when the segment was created. */
  readonly clockOffsetNs: bigint;
}

/** Views a mapped buffer; `buffer` must be at least `sections.fileLength` long. Allocates three views. */
export function segmentMemory(
  buffer: ArrayBufferLike,
  shape: Omit<SegmentMemory, 'words' | 'bytes' | 'times'>,
): SegmentMemory {
  const { fileLength } = shape.sections;
  return {
    ...shape,
    words: new Int32Array(buffer, 0, fileLength >>> 2),
    bytes: Buffer.from(buffer, 0, fileLength),
    times: new BigInt64Array(buffer, 0, fileLength >>> 3),
  };
}
