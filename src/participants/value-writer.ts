import { isUint8Array } from 'node:util/types';
import { textOf } from '../checks.js';
import { refusePromise } from '../dropped-promise.js';
import { HermesError } from '../errors.js';
import type { LaneWriter } from '../ring/lane-writer.js';
import { checkMessage } from '../ring/misuse.js';
import { checkPayload, trueLength } from '../ring/payload-length.js';
import type { SegmentMemory } from '../ring/segment-memory.js';
import type { Codec, InPlaceEncoder } from './codec.js';

/** A value that is ready to be written: bytes, text, or a value that is written in place once there is room. */
export type Prepared = Uint8Array | string | InPlaceValue;

class InPlaceValue {
  constructor(
    readonly value: unknown,
    readonly length: number,
    readonly encoder: InPlaceEncoder<unknown>,
  ) {}
}

/** Writes a producer's values, straight into the record if the codec can. */
export class ValueWriter<T> {
  constructor(
    private readonly writer: LaneWriter,
    private readonly memory: SegmentMemory,
    private readonly codec: Codec<T> | undefined,
  ) {}

  /** Encodes what can be encoded before there is room. @throws HermesError if it is neither bytes nor text; what the codec throws */
  prepare(value: T): Prepared {
    const { codec } = this;
    if (codec === undefined) return bytesOf(value);
    if ('encode' in codec) {
      const encoded = codec.encode(value);
      return typeof encoded === 'string' ? encoded : encodedBytes(encoded);
    }
    const length = codec.lengthOf(value);
    refuseCodecsPromise(length);
    return new InPlaceValue(value, length, codec);
  }

  /** Publishes one message. Returns the position after it, or BACK_PRESSURED. If the codec throws, nothing is written. */
  offer(prepared: Prepared, type: number): number {
    if (isBytes(prepared)) return this.writer.offer(prepared, type);
    const offset = this.writer.tryClaim(lengthOf(prepared), type, 1);
    if (offset < 0) return offset;
    try {
      write(prepared, this.memory.bytes, offset);
    } catch (error) {
      if (this.writer.isClaimed) this.writer.abort(); // it is not claimed if the codec has detached the producer
      throw error;
    }
    return this.writer.commit();
  }

  /** Returns bytes of their own, for a value that must be encoded before there is room. */
  toBytes(value: T, type: number): Uint8Array {
    const prepared = this.prepare(value);
    if (isBytes(prepared)) return prepared;
    const length = lengthOf(prepared);
    checkMessage(length, type, this.memory.geometry.maxPayloadLength);
    const bytes = Buffer.alloc(length);
    write(prepared, bytes, 0);
    return bytes;
  }
}

function isBytes(prepared: Prepared): prepared is Uint8Array {
  return typeof prepared !== 'string' && !(prepared instanceof InPlaceValue);
}

function bytesOf(value: unknown): Uint8Array {
  refuseCodecsPromise(value);
  checkPayload(value);
  return value;
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION if the codec returned neither bytes nor text */
function encodedBytes(encoded: unknown): Uint8Array {
  refuseCodecsPromise(encoded);
  if (isUint8Array(encoded)) return encoded;
  throw new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `The codec's encode has returned ${textOf(encoded)}: return a Uint8Array, a Buffer, or a string`,
  );
}

/** Bytes of the payload. */
export function lengthOf(prepared: Prepared): number {
  if (typeof prepared === 'string') return Buffer.byteLength(prepared);
  return prepared instanceof InPlaceValue ? prepared.length : trueLength(prepared);
}

function write(prepared: string | InPlaceValue, buffer: Buffer, offset: number): void {
  if (typeof prepared === 'string') buffer.write(prepared, offset, 'utf8');
  else refuseCodecsPromise(prepared.encoder.encodeInto(prepared.value, buffer, offset));
}

function refuseCodecsPromise(result: unknown): void {
  refusePromise(result, 'The codec', 'encode before you send, and give a codec that is done when it returns');
}
