import type { LaneWriter } from '../ring/lane-writer.js';
import { checkPayload } from '../ring/misuse.js';
import type { Codec, InPlaceEncoder } from './codec.js';

/** A value that is ready to be written: bytes, text, or a value that is written in place once there is room. */
export type Prepared = Uint8Array | string | InPlaceValue;

interface InPlaceValue {
  readonly value: unknown;
  readonly length: number;
  readonly encoder: InPlaceEncoder<unknown>;
}

/** Writes a producer's values: straight into the record wherever the codec can. */
export class ValueWriter<T> {
  constructor(
    private readonly writer: LaneWriter,
    private readonly buffer: Buffer,
    private readonly codec: Codec<T> | undefined,
  ) {}

  /** Encodes, as far as that goes without a place. @throws HermesError for what is neither bytes nor text; what the codec throws */
  prepare(value: T): Prepared {
    const { codec } = this;
    if (codec === undefined) return bytesOf(value);
    if ('encode' in codec) {
      const encoded = codec.encode(value);
      return typeof encoded === 'string' ? encoded : bytesOf(encoded);
    }
    return { value, length: codec.lengthOf(value), encoder: codec };
  }

  /** Publishes one message. Its position after it, or BACK_PRESSURED. */
  offer(prepared: Prepared, type: number): number {
    if (prepared instanceof Uint8Array) return this.writer.offer(prepared, type);
    const offset = this.writer.tryClaim(lengthOf(prepared), type, 1);
    if (offset < 0) return offset;
    try {
      write(prepared, this.buffer, offset);
    } catch (error) {
      this.writer.abort();
      throw error;
    }
    return this.writer.commit();
  }

  /** Bytes of its own, for what must be there before it has a place. */
  toBytes(value: T): Uint8Array {
    const prepared = this.prepare(value);
    if (prepared instanceof Uint8Array) return prepared;
    const bytes = Buffer.alloc(lengthOf(prepared));
    write(prepared, bytes, 0);
    return bytes;
  }
}

function bytesOf(value: unknown): Uint8Array {
  checkPayload(value);
  return value as Uint8Array;
}

/** Bytes of the payload. */
export function lengthOf(prepared: Prepared): number {
  return typeof prepared === 'string' ? Buffer.byteLength(prepared) : prepared.length;
}

function write(prepared: string | InPlaceValue, buffer: Buffer, offset: number): void {
  if (typeof prepared === 'string') buffer.write(prepared, offset, 'utf8');
  else prepared.encoder.encodeInto(prepared.value, buffer, offset);
}
