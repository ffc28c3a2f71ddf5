/** An array of bytes whose memory was transferred away. */
export function transferred(length: number): Uint8Array {
  const payload = new Uint8Array(new ArrayBuffer(length)).fill(0xbd);
  structuredClone(payload.buffer, { transfer: [payload.buffer] });
  return payload;
}

/** An array buffer whose length can change: the types of this library do not know it. */
export function resizableBuffer(length: number): ArrayBuffer & { resize(length: number): void } {
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(length: number): void };
  return new Resizable(length, { maxByteLength: 65_536 });
}

/** A view of memory that has shrunk away under it. */
export function outOfBounds(length: number): Uint8Array {
  const buffer = resizableBuffer(length + 8);
  const payload = new Uint8Array(buffer, 8, length);
  buffer.resize(4);
  return payload;
}

/** An array of `length` bytes that says to have `claimed`. */
export function lying(length: number, claimed: unknown): Uint8Array {
  class Lying extends Uint8Array {
    override get length(): number {
      return claimed as number;
    }
    override get byteLength(): number {
      return claimed as number;
    }
  }
  return new Lying(length).fill(0xbd);
}

/** Values that look like bytes, or once were, and cannot be sent: by name, of about `length` bytes. */
export const NO_PAYLOADS: readonly (readonly [string, (length: number) => Uint8Array])[] = [
  ['transferred', transferred],
  ['out of bounds', outOfBounds],
  ['one that says to be longer', (length) => lying(length, length + 9)],
  ['one that says to be shorter', (length) => lying(length, length - 1)],
  ['one that says to be very much shorter', (length) => lying(length + 40_000, 1)],
  ['one that says to have a part of a byte', (length) => lying(length, length - 0.5)],
  ['with a length of its own', (length) => Object.defineProperty(new Uint8Array(length), 'length', { value: 3 })],
  [
    'a proxy of bytes that answers',
    (length) => new Proxy(new Uint8Array(length), { get: (bytes, name) => Reflect.get(bytes, name) }),
  ],
  ['a proxy of bytes', (length) => new Proxy(new Uint8Array(length), {})],
  ['an object that inherits from Uint8Array', () => Object.create(Uint8Array.prototype)],
  ['text', (length) => 'x'.repeat(length) as unknown as Uint8Array],
];
