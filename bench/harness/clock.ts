/** A moment of the monotonic clock from which both ends count. */
export function clockOrigin(): bigint {
  return process.hrtime.bigint();
}

/**
 * Nanoseconds since an origin, of this or another process. `BigInt.asIntN` lets V8 keep the difference in a register: a
 * loop that looks at the clock makes no garbage, whose collection would be measured with it.
 */
export function nsSince(origin: bigint): number {
  return Number(BigInt.asIntN(64, process.hrtime.bigint() - origin));
}
