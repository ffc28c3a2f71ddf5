import type { HandleRecord } from '../rings/ring.js';

/** The bytes that a batching sender hands over at once: many messages, each after its length (u32 LE). */
export const CHUNK_LENGTH: number = 64 * 1024;

export const LENGTH_PREFIX_LENGTH = 4;

/** How many messages of a length go into a chunk: one at least. */
export function messagesPerChunk(payloadLength: number): number {
  return Math.max(Math.floor(CHUNK_LENGTH / (LENGTH_PREFIX_LENGTH + payloadLength)), 1);
}

/** Writes a message after its length. The offset after it. */
export function writePrefixed(chunk: Buffer, offset: number, payload: Buffer): number {
  chunk.writeUInt32LE(payload.length, offset);
  chunk.set(payload, offset + LENGTH_PREFIX_LENGTH);
  return offset + LENGTH_PREFIX_LENGTH + payload.length;
}

/** Cuts chunks, and pieces of them as they come, into messages. */
export class Unpacker {
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly handle: HandleRecord) {}

  /** The bytes are not looked at any more when it returns. */
  take(bytes: Buffer): void {
    const data = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    let offset = 0;
    while (offset + LENGTH_PREFIX_LENGTH <= data.length) {
      const length = data.readUInt32LE(offset);
      const next = offset + LENGTH_PREFIX_LENGTH + length;
      if (next > data.length) break;
      this.handle(data, offset + LENGTH_PREFIX_LENGTH, length);
      offset = next;
    }
    this.rest = offset === data.length ? Buffer.alloc(0) : Buffer.from(data.subarray(offset));
  }
}
