import { HermesError } from '../errors.js';
import { koffiMapper } from './koffi-mapper.js';
import { mmapIoMapper } from './mmap-io-mapper.js';

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

/**
 * The mapper that `HERMES_MAPPER` chooses: `koffi` (default) or `mmap-io`, which must be installed beside Hermes.
 * @throws HermesError ERR_HERMES_INVALID_OPTION
 */
export function chosenMapper(name: string = process.env.HERMES_MAPPER ?? 'koffi'): Mapper {
  if (name === 'koffi' || name === '') return koffiMapper();
  if (name === 'mmap-io') return mmapIoMapper();
  throw new HermesError('ERR_HERMES_INVALID_OPTION', `HERMES_MAPPER is ${name}: give koffi or mmap-io`);
}
