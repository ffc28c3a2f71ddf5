import type { Message } from '../../src/index.js';

/**
 * The payloads of the tests, which a stream and a number determine: each is a window of a fixed pattern, whose place and length
 * follow from the two. Writer and reader know every byte without exchanging anything. Nothing but the window is allocated.
 */

/** A payload whose length follows from its number. */
export const MAX_NUMBERED_LENGTH = 2000;
const MAX_LENGTH = 65_536;
const PLACES = 65_536;
const PATTERN_LENGTH: number = PLACES + MAX_LENGTH;

/** What is looked at of a message. */
type Bytes = Pick<Message, 'buffer' | 'offset' | 'length'>;

const pattern: Buffer = makePattern();

/** 0 to 2000 bytes; one in eight is shorter than 32. */
export function numberedLength(stream: number, number: number): number {
  const hash = mix(stream * 0x9e37 + 1, number);
  return (hash & 7) === 0 ? (hash >>> 3) % 32 : (hash >>> 3) % (MAX_NUMBERED_LENGTH + 1);
}

/** The payload of message `number` of `stream`, as a view: copy it, never write to it. A length that is given is at most 65,536. */
export function numberedPayload(
  stream: number,
  number: number,
  length: number = numberedLength(stream, number),
): Buffer {
  const place = placeOf(stream, number);
  return pattern.subarray(place, place + length);
}

/** True when the message carries exactly the payload of that number. */
export function carriesNumber(
  message: Bytes,
  stream: number,
  number: number,
  length: number = numberedLength(stream, number),
): boolean {
  return message.length === length && isWindow(message, message.offset, stream, number, length);
}

const SIGNATURE_LENGTH = 8;
export const MAX_SIGNED_LENGTH: number = SIGNATURE_LENGTH + MAX_NUMBERED_LENGTH;

/** A payload that says whose it is: stream u32 and number u32, and then the numbered payload. A length that is given is at least 8. */
export function signedPayload(stream: number, number: number, length?: number): Buffer {
  const signature = Buffer.alloc(SIGNATURE_LENGTH);
  signature.writeUInt32LE(stream, 0);
  signature.writeUInt32LE(number, 4);
  const body = length === undefined ? undefined : length - SIGNATURE_LENGTH;
  return Buffer.concat([signature, numberedPayload(stream, number, body)]);
}

export interface Signed {
  readonly stream: number;
  /** -1 when the message is too short to say so. */
  readonly number: number;
  /** The payload is exactly the one of that number: of the length that was given, or else of the one that follows from it. */
  readonly isWhole: boolean;
}

export function readSigned(message: Bytes, length?: number): Signed {
  const { buffer, offset } = message;
  if (message.length < SIGNATURE_LENGTH) return { stream: 0, number: -1, isWhole: false };
  const stream = buffer.readUInt32LE(offset);
  const number = buffer.readUInt32LE(offset + 4);
  const wanted = length ?? SIGNATURE_LENGTH + numberedLength(stream, number);
  const isWhole =
    message.length === wanted &&
    isWindow(message, offset + SIGNATURE_LENGTH, stream, number, wanted - SIGNATURE_LENGTH);
  return { stream, number, isWhole };
}

function isWindow({ buffer }: Bytes, offset: number, stream: number, number: number, length: number): boolean {
  const place = placeOf(stream, number);
  return buffer.compare(pattern, place, place + length, offset, offset + length) === 0;
}

function placeOf(stream: number, number: number): number {
  return mix(stream * 0x85eb + 2, number) % PLACES;
}

/** 32 well mixed bits of two numbers (the finalizer of MurmurHash3). */
function mix(a: number, b: number): number {
  let hash = Math.imul(a, 0xcc9e2d51) ^ Math.imul(b + 1, 0x1b873593);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function makePattern(): Buffer {
  const bytes = Buffer.alloc(PATTERN_LENGTH);
  for (let i = 0; i < PATTERN_LENGTH; i += 4) bytes.writeUInt32LE(mix(0x48524d53, i), i);
  return bytes;
}
