/** `private`: reads see the file; stores stay in this process. */
export type MapAccess = 'read-write' | 'read-only' | 'private';

/** A file's bytes as memory. Writes through a read-only mapping kill the process: only tools that never write have one. */
export interface Mapping {
  readonly buffer: ArrayBufferLike;
  /** Bytes of the file that are mapped; the buffer may be longer. */
  readonly length: number;
  /** The WebAssembly memory that the buffer belongs to, if there is one. */
  readonly memory?: object;
  /** Ends the mapping; idempotent. Views that are still around never crash the process. */
  unmap(): void;
}

/** A way to map files. The descriptor may be closed afterwards. */
export interface Mapper {
  readonly name: string;
  /** Bytes. */
  readonly maxLength: number;
  /**
   * Maps the first `length` bytes. `over` is a mapping that ends with this call. If the mapper can do it and the lengths
   * are equal, the new mapping takes over its buffer, so views of it stay usable.
   */
  map(fd: number, length: number, access: MapAccess, over?: Mapping): Mapping;
}
