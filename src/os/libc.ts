import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import { HermesError } from '../errors.js';
import { checkPlatform } from './platform.js';

/** The calls that Node has no API for. Each returns what C returns; `errno()` must be read at once after a failure. */
export interface Libc {
  mmap(
    address: Uint8Array,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ): number | bigint;
  /** Returns the error number itself. */
  posixFallocate(fd: number, offset: number, length: number): number;
  /** `struct flock` as 32 bytes: see `byte-locks.ts`. */
  fcntl(fd: number, command: number, flock: Uint8Array): number;
  linkat(fromDirectory: number, from: string, toDirectory: number, to: string, flags: number): number;
  madvise(address: Uint8Array, length: number, advice: number): number;
  /** On another thread: returns at once, and calls back on this one. */
  madviseInBackground(address: Uint8Array, length: number, advice: number, done: () => void): void;
  mkfifo(path: string, mode: number): number;
  /** `struct pollfd` as 8 bytes each: see `fifo.ts`. */
  poll(pollfds: Uint8Array, count: number, timeoutMs: number): number;
  errno(): number;
}

/** glibc, then musl, by the names that their dynamic loaders use. */
const LIBRARY_NAMES = ['libc.so.6', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`, 'libc.so'];

let loaded: Libc | undefined;

/** The C library, loaded at first use. @throws HermesError ERR_HERMES_UNSUPPORTED_PLATFORM */
export function libc(): Libc {
  loaded ??= load(LIBRARY_NAMES);
  return loaded;
}

/** @internal exported for its test. Loads the first library of `names` that there is. */
export function load(names: readonly string[]): Libc {
  checkPlatform();
  const koffi = requireKoffi();
  const failures: string[] = [];
  for (const name of names) {
    try {
      const library = koffi.load(name);
      const madvise = library.func('int madvise(void *, size_t, int)');
      return {
        mmap: library.func('int64_t mmap(void *, size_t, int, int, int, int64_t)'),
        posixFallocate: library.func('int posix_fallocate(int, int64_t, int64_t)'),
        fcntl: library.func('int fcntl(int, int, void *)'),
        linkat: library.func('int linkat(int, const char *, int, const char *, int)'),
        madvise,
        madviseInBackground: madvise.async,
        mkfifo: library.func('int mkfifo(const char *, uint32_t)'),
        poll: library.func('int poll(void *, unsigned long, int)'),
        errno: () => koffi.errno(),
      };
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new HermesError(
    'ERR_HERMES_UNSUPPORTED_PLATFORM',
    `No C library was found under the names ${names.join(', ')} (${failures.join('; ')}): Hermes supports glibc and musl`,
  );
}

function requireKoffi(): typeof import('koffi') {
  try {
    return createRequire(import.meta.url)('koffi') as typeof import('koffi');
  } catch (error) {
    throw new HermesError(
      'ERR_HERMES_UNSUPPORTED_PLATFORM',
      `koffi, which calls the C library, cannot be loaded (${(error as Error).message}): reinstall with its optional dependencies (no --omit=optional)`,
      { cause: error },
    );
  }
}

/** `ENOSPC` for 28. */
export function errnoName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}
