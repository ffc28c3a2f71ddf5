/**
 * Payloads that can be verified. The first 4 bytes are the message's number, the last 4 a pattern that depends on it, and all bytes
 * between them have one fixed value. A shorter payload has what fits.
 */
const FILL = 0x5a;
const NUMBER_LENGTH = 4;
const PATTERN_OFFSET_FROM_END = 4;
const MIN_LENGTH_WITH_PATTERN = NUMBER_LENGTH + PATTERN_OFFSET_FROM_END;

export function emptyPayload(length: number): Buffer {
  return Buffer.alloc(length, FILL);
}

/** Makes this the payload of message `number`. */
export function writeNumber(payload: Buffer, number: number): void {
  const { length } = payload;
  if (length >= NUMBER_LENGTH) payload.writeInt32LE(number | 0, 0);
  if (length >= MIN_LENGTH_WITH_PATTERN) payload.writeInt32LE(pattern(number), length - PATTERN_OFFSET_FROM_END);
}

/** True if `length` bytes at `offset` are the payload of message `number`. Looks at both ends, and at one byte between them. */
export function isNumbered(buffer: Buffer, offset: number, length: number, number: number): boolean {
  if (length >= NUMBER_LENGTH && buffer.readInt32LE(offset) !== (number | 0)) return false;
  if (length < MIN_LENGTH_WITH_PATTERN) return true;
  if (buffer.readInt32LE(offset + length - PATTERN_OFFSET_FROM_END) !== pattern(number)) return false;
  const room = length - MIN_LENGTH_WITH_PATTERN;
  return room === 0 || buffer[offset + NUMBER_LENGTH + (number % room)] === FILL;
}

function pattern(number: number): number {
  return Math.imul(number, 0x9e37_79b1) ^ 0x5bd1_e995;
}
