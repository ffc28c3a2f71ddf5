export type MapAccess = 'read-write' | 'read-only';

/** A file's bytes as memory. Writes through a read-only mapping kill the process: only tools that never write have one. */
export interface Mapping {
  readonly buffer: ArrayBufferLike;
  /** Ends the mapping; idempotent. Views that are still around never crash the process. */
  unmap(): void;
}

/** A way to map files. The descriptor may be closed afterwards. */
export interface Mapper {
  readonly name: string;
  /** Bytes. */
  readonly maxLength: number;
  map(fd: number, length: number, access: MapAccess): Mapping;
}
