import type { HandleRecord } from '../rings/ring.js';

/** One end of a connection that carries messages through the event loop: sockets, pipes, ports, brokers. */
export interface Link {
  /**
   * Hands over one message, or one chunk of many. A promise when the next must wait for it: the queues of the link, or
   * of whoever is behind it, are full.
   */
  send(bytes: Buffer): Promise<unknown> | undefined;
  /** Links whose second end was started by the first: lets it begin. */
  begin?(): void;
}

/** The first receives or pings and measures, the second sends or echoes. */
export type Side = 'first' | 'second';

export interface LinkOptions {
  readonly side: Side;
  /** A path of its own, or what the server listens at. */
  readonly address: string;
  /** What is sent are chunks of many messages, made for this one use. */
  readonly chunked: boolean;
  /** Links that start their second end: what it is started with. */
  readonly second: string;
  onBytes(bytes: Buffer): void;
}

export interface LinkKind {
  /** Bytes without boundaries: what arrives may be a part of a message, or several. */
  readonly isStream: boolean;
  /** `send` keeps the bytes until later, so that they must stay as they are. */
  readonly keepsBytes: boolean;
  /** The first end starts the second. */
  readonly startsSecond: boolean;
  /** Connected when it resolves. */
  open(options: LinkOptions): Promise<Link>;
}

/** Where the two ends meet; closed after the measurement. */
export interface Venue {
  readonly address: string;
  close(): void;
}

/** The bytes that a batching sender hands over at once: many messages, each after its length (u32 LE). */
const CHUNK_LENGTH: number = 64 * 1024;

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
