/** Payloads in the `length-prefixed` format: each after its length, u32, little endian. */
export function lengthPrefixed(payloads: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    payloads.flatMap((payload) => {
      const prefix = Buffer.alloc(4);
      prefix.writeUInt32LE(payload.length);
      return [prefix, payload];
    }),
  );
}
