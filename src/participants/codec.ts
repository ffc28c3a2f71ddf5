import { deserialize, serialize } from '../built-ins.js';
import { HermesError } from '../errors.js';
import { copyOf } from '../ring/message.js';

/** Turns values into payloads and back. A codec that returns a promise is refused, because nobody would wait for it. */
export type Codec<T> = Decoder<T> & (Encoder<T> | InPlaceEncoder<T>);

export interface Decoder<T> {
  /** `payload` may be a view of shared memory that is overwritten later: copy what you want to keep. */
  decode(payload: Buffer): T;
}

export interface Encoder<T> {
  /**
   * Bytes are copied into the record; text is written straight into it as UTF-8. Give each value's bytes memory of their own: the bytes
   * of a batch, and of values that wait in `send`, are copied later.
   */
  encode(value: T): Uint8Array | string;
}

/** For codecs that know the length beforehand: the value is written straight into the record. */
export interface InPlaceEncoder<T> {
  /** Bytes that the value will take. */
  lengthOf(value: T): number;
  /** Writes exactly that many bytes from `offset`. */
  encodeInto(value: T, buffer: Buffer, offset: number): void;
}

/** `bytes` is the default: it neither encodes nor decodes. */
export type CodecName = 'bytes' | 'json' | 'v8';

/** The codecs that make values of a type: without one values are bytes, and can be nothing else. */
export type CodecChoice<T> = [T] extends [Uint8Array] ? 'bytes' | Codec<T> : CodecName | Codec<T>;

/** Values are written as JSON, in UTF-8. */
export interface JsonCodec {
  readonly codec: 'json';
}

/** Values that a codec makes of bytes, and turns into bytes. */
export interface ValueCodec<T> {
  /** `json`, `v8` (structured clone), or a codec of your own. */
  readonly codec: 'json' | 'v8' | Codec<T>;
}

/**
 * What JSON has a text for: anything but undefined, functions, symbols and BigInts. The types do not look into objects; what is in them
 * is written as `JSON.stringify` does it: a Date as text, a Map as `{}`, and a BigInt is refused when it is sent.
 */
export type JsonValue = string | number | boolean | null | JsonObject;

/** An array, or an object of any interface or class. */
export type JsonObject = { readonly [name: string]: unknown } | (object & { readonly [Symbol.hasInstance]?: never }); // no function: these have that

const json: Codec<unknown> = {
  encode(value) {
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) return text;
    throw new HermesError('ERR_HERMES_INVALID_OPTION', `JSON has no text for ${typeof value}: send another value`);
  },
  decode: (payload) => JSON.parse(payload.toString()),
};

/** Structured clone, as `postMessage` does it. The input is copied first, because decoded values may keep views of it. */
const v8: Codec<unknown> = { encode: serialize, decode: (payload) => deserialize(copyOf(payload)) };

const CODECS: Readonly<Record<string, Codec<unknown>>> = { json, v8 };

/** Returns undefined if values are bytes and need no codec. @throws HermesError ERR_HERMES_INVALID_OPTION */
export function resolveCodec<T>(codec: CodecName | Codec<T> | undefined): Codec<T> | undefined {
  if (codec === undefined || codec === 'bytes') return undefined;
  const chosen = typeof codec === 'string' ? CODECS[codec] : codec;
  if (isCodec(chosen)) return chosen as Codec<T>;
  throw new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `codec is ${typeof codec === 'string' ? codec : typeof codec}: give bytes, json, v8, or an object with encode and decode`,
  );
}

function isCodec(codec: unknown): boolean {
  const { decode, encode, lengthOf, encodeInto } = (codec ?? {}) as Partial<
    Encoder<unknown> & InPlaceEncoder<unknown> & Decoder<unknown>
  >;
  const encodes = typeof encode === 'function' || (typeof lengthOf === 'function' && typeof encodeInto === 'function');
  return typeof decode === 'function' && encodes;
}
