import { monotonicNs } from '../clock.js';

/**
 * The time that goes into records: nanoseconds since the Unix epoch, as the monotonic clock plus a fixed offset tells
 * it, so that all processes of one boot agree and no clock step shows. One clock read, about 30 ns.
 * `BigInt.asIntN` lets V8 keep the sum in a register: nothing is allocated once optimized.
 */
export function storeTime(times: BigInt64Array, index: number, clockOffsetNs: bigint): void {
  times[index] = BigInt.asIntN(64, monotonicNs() + clockOffsetNs);
}

/** The time of a publication as two words; zeros until it is read. Nothing is allocated by a read once optimized. */
export class PublicationTime {
  low = 0;
  high = 0;
  /** One value that is two words. */
  private readonly time: BigInt64Array = new BigInt64Array(1);
  private readonly words: Int32Array = new Int32Array(this.time.buffer);

  constructor(private readonly clockOffsetNs: bigint) {}

  read(): void {
    storeTime(this.time, 0, this.clockOffsetNs);
    this.low = this.words[0]!;
    this.high = this.words[1]!;
  }
}

/** The same clock, as a value. Allocates a BigInt. */
export function timeNs(clockOffsetNs: bigint): bigint {
  return monotonicNs() + clockOffsetNs;
}
