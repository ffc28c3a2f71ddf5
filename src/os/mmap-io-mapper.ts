import { HermesError } from '../errors.js';
import { errnoName } from './libc.js';
import type { MapAccess, Mapper, Mapping } from './mapper.js';
import { requirePackage } from './require-package.js';
import { systemError } from './system-error.js';

/** The part of the package `mmap-io` 1.1 that Hermes uses. */
interface MmapIo {
  readonly PROT_READ: number;
  readonly PROT_WRITE: number;
  readonly MAP_SHARED: number;
  readonly MAP_PRIVATE: number;
  map(length: number, protection: number, flags: number, fd: number, offset: number): Buffer;
}

/** Above this, version 1.1.7 maps another length than was asked for, and says nothing. */
const MAX_LENGTH = 2 ** 31 - 1;

/**
 * Maps files with the native addon `mmap-io`, an optional peer for users whose rules forbid mapping memory by FFI.
 * Its buffer is a plain ArrayBuffer. The mapping ends when that is garbage-collected: `unmap` only drops it.
 * @throws HermesError ERR_HERMES_INVALID_OPTION when it is not installed
 */
export function mmapIoMapper(): Mapper {
  const mmapIo = requireMmapIo();
  return {
    name: 'mmap-io',
    maxLength: MAX_LENGTH,
    map(fd: number, length: number, access: MapAccess, over?: Mapping): Mapping {
      over?.unmap();
      if (length > MAX_LENGTH) throw systemError('map', `${length} bytes`, 'EOVERFLOW');
      const protection = access === 'read-only' ? mmapIo.PROT_READ : mmapIo.PROT_READ | mmapIo.PROT_WRITE;
      const sharing = access === 'private' ? mmapIo.MAP_PRIVATE : mmapIo.MAP_SHARED;
      try {
        const { buffer } = mmapIo.map(length, protection, sharing, fd, 0);
        return { buffer, length, unmap() {} };
      } catch (error) {
        const [, errno] = /^mmap failed, (\d+)/.exec((error as Error).message) ?? [];
        throw systemError('map', `${length} bytes`, errno === undefined ? 'EIO' : errnoName(Number(errno)), error);
      }
    },
  };
}

function requireMmapIo(): MmapIo {
  try {
    return requirePackage('mmap-io') as MmapIo;
  } catch (error) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `HERMES_MAPPER is mmap-io, but that package cannot be loaded (${(error as Error).message.split('\n')[0]}): ` +
        'install it (CXXFLAGS=-std=c++17 npm install mmap-io@1.1.7, whose install script must be allowed to run), or unset HERMES_MAPPER',
      { cause: error },
    );
  }
}
