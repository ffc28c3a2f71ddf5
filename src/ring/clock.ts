/**
 * The time that goes into records: nanoseconds since the Unix epoch, as the monotonic clock plus a fixed offset tells
 * it, so that all processes of one boot agree and no clock step shows. One clock read, about 30 ns.
 * `BigInt.asIntN` lets V8 keep the sum in a register: nothing is allocated once optimized.
 */
export function storeTime(times: BigInt64Array, index: number, clockOffsetNs: bigint): void {
  times[index] = BigInt.asIntN(64, process.hrtime.bigint() + clockOffsetNs);
}

/** The same clock, as a value. Allocates a BigInt. */
export function timeNs(clockOffsetNs: bigint): bigint {
  return process.hrtime.bigint() + clockOffsetNs;
}
