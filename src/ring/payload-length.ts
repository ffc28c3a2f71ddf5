import { textOf } from '../checks.js';
import { HermesError } from '../errors.js';

// What an array says of itself may be untrue: a subclass or an own property may answer instead, differently each time.
// The getters of the language itself see what is there. They work on arrays of every realm (a vm context, a test runner).
const TYPED_ARRAY: object = Object.getPrototypeOf(Uint8Array.prototype);
const kindOf: (this: unknown) => string | undefined = getter(Symbol.toStringTag);
const lengthOf: (this: Uint8Array) => number = getter('length');
const memoryOf: (this: Uint8Array) => ArrayBufferLike = getter('buffer');
const startOf: (this: Uint8Array) => number = getter('byteOffset');

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Bytes that an array of bytes really has. 0 once its memory was transferred or has shrunk. */
export function trueLength(payload: Uint8Array): number {
  return lengthOf.call(payload);
}

/** The memory that an array of bytes is really in. Slow. */
export function trueMemory(payload: Uint8Array): ArrayBufferLike {
  return memoryOf.call(payload);
}

/** Where it really begins there. */
export function trueStart(payload: Uint8Array): number {
  return startOf.call(payload);
}

/** Bytes of a payload. @throws HermesError ERR_HERMES_INVALID_OPTION for anything but bytes that are there, as many as it says */
export function payloadLength(payload: unknown): number {
  checkPayload(payload);
  const length = trueLength(payload);
  if (length === 0) checkMemory(payload);
  checkLength(payload, payload.length);
  return length;
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION for anything but bytes */
export function checkPayload(payload: unknown): asserts payload is Uint8Array {
  if (kindOf.call(payload) === 'Uint8Array') return;
  throw new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `The payload is ${textOf(payload)}: without a codec give a Uint8Array or a Buffer; for other values attach with one, as in { codec: 'json' }`,
  );
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION unless a payload is an array of as many bytes as it has said */
export function checkLength(payload: Uint8Array, length: number): void {
  try {
    if (lengthOf.call(payload) === length) return;
  } catch {} // a proxy
  checkPayload(payload);
  throw new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `The payload has ${trueLength(payload)} bytes, and said that it has ${length}: give a plain Uint8Array or a Buffer`,
  );
}

/** Whether an array without bytes never had any. */
function checkMemory(payload: Uint8Array): void {
  try {
    NO_BYTES.set(payload); // the only thing that Node 20 refuses then
  } catch (cause) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      'The payload has lost its memory, which was transferred or made smaller: send it before that, or a copy',
      { cause },
    );
  }
}

function getter<T>(name: string | symbol): (this: unknown) => T {
  return Object.getOwnPropertyDescriptor(TYPED_ARRAY, name)!.get as (this: unknown) => T;
}
