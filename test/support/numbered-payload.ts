import type { Message } from '../../src/index.js';

/**
 * Payloads that are told by their number alone: each is a window of a fixed pattern, whose place and length follow from
 * (stream, number). Writer and reader know every byte without having talked. Nothing but the window is allocated.
 */

export const MAX_NUMBERED_LENGTH = 2000;
const PATTERN_LENGTH = 65_536;
const PLACES = PATTERN_LENGTH - MAX_NUMBERED_LENGTH;

const pattern: Buffer = makePattern();

/** 0 to 2000 bytes; one in eight is shorter than 32. */
export function numberedLength(stream: number, number: number): number {
  const hash = mix(stream * 0x9e37 + 1, number);
  return (hash & 7) === 0 ? (hash >>> 3) % 32 : (hash >>> 3) % (MAX_NUMBERED_LENGTH + 1);
}

/** The payload of message `number` of `stream`, as a view: copy it, never write to it. */
export function numberedPayload(stream: number, number: number): Uint8Array {
  const place = placeOf(stream, number);
  return pattern.subarray(place, place + numberedLength(stream, number));
}

/** True when the message carries exactly the payload of that number. */
export function carriesNumber(message: Message, stream: number, number: number): boolean {
  const length = numberedLength(stream, number);
  const place = placeOf(stream, number);
  const { buffer, offset } = message;
  return message.length === length && buffer.compare(pattern, place, place + length, offset, offset + length) === 0;
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
