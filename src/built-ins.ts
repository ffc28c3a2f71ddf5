// Parts of Node that take milliseconds to load, together half of the time that loading Hermes would take. Each is loaded when it is first used.

/** Random bytes that identify a segment, a journal or a file. */
export function randomBytes(length: number): Buffer {
  return process.getBuiltinModule('node:crypto').randomBytes(length);
}

/** CRC-32 (IEEE) as zlib computes it. */
export function crc32(bytes: Uint8Array | Int32Array, value = 0): number {
  zlib ??= process.getBuiltinModule('node:zlib');
  return zlib.crc32(bytes as Uint8Array, value);
}

let zlib: typeof import('node:zlib') | undefined;

/** The structured clone of a value, as bytes. */
export function serialize(value: unknown): Buffer {
  v8 ??= process.getBuiltinModule('node:v8');
  return v8.serialize(value);
}

/** The value of which `serialize` made these bytes. */
export function deserialize(bytes: Uint8Array): unknown {
  v8 ??= process.getBuiltinModule('node:v8');
  return v8.deserialize(bytes);
}

let v8: typeof import('node:v8') | undefined;

export function net(): typeof import('node:net') {
  return process.getBuiltinModule('node:net');
}
