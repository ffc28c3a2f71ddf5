/** Payloads that say when they were sent, or should have been: nanoseconds of the monotonic clock (i64), then the message's number (u32).  */
const TIME_OFFSET = 0;
const NUMBER_OFFSET = 8;

export const MIN_STAMPED_LENGTH = 12;

export function writeStamp(payload: Buffer, number: number, timeNs: bigint): void {
  payload.writeBigInt64LE(timeNs, TIME_OFFSET);
  payload.writeUInt32LE(number, NUMBER_OFFSET);
}

/** Nanoseconds from the stamp to now. */
export function ageNs(buffer: Buffer, offset: number): number {
  return Number(process.hrtime.bigint() - buffer.readBigInt64LE(offset + TIME_OFFSET));
}

export function stampedNumber(buffer: Buffer, offset: number): number {
  return buffer.readUInt32LE(offset + NUMBER_OFFSET);
}
