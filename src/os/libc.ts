import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import type { LibraryHandle } from 'koffi';
import { HermesError } from '../errors.js';
import { checkPlatform } from './platform.js';
import { requirePackage } from './require-package.js';
import { addonRemedy } from './system-error.js';

/**
 * The calls that Node has no API for. Each returns what C returns; read `errno()` at once after a failure. A call that a signal
 * interrupts is done again, except `poll`, which is to end then, and `posixFallocate`: see `new-file.ts`.
 */
interface Libc {
  mmap(
    address: Uint8Array,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ): number | bigint;
  close(fd: number): number;
  /** The address of `close`, for C. */
  readonly closeAddress: bigint;
  fchmod(fd: number, mode: number): number;
  /** Returns the error number itself. */
  posixFallocate(fd: number, offset: number, length: number): number;
  fallocate(fd: number, mode: number, offset: number, length: number): number;
  /** `struct flock` as 32 bytes: see `byte-locks.ts`. */
  fcntl(fd: number, command: number, flock: Uint8Array): number;
  /** The same with a number. */
  fcntlNumber(fd: number, command: number, value: number): number;
  /** What `argument` is depends on the request. */
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  linkat(fromDirectory: number, from: string, toDirectory: number, to: string, flags: number): number;
  madvise(address: Uint8Array, length: number, advice: number): number;
  fdatasync(fd: number): number;
  fsync(fd: number): number;
  /** On another thread. Each returns at once, and calls back on this thread, where `errno()` is that of the call. */
  readonly inBackground: {
    madvise(address: Uint8Array, length: number, advice: number, done: () => void): void;
    fdatasync(fd: number, done: (error: unknown, result: number) => void): void;
    fsync(fd: number, done: (error: unknown, result: number) => void): void;
  };
  mkfifo(path: string, mode: number): number;
  /** `mask`: a bit for each CPU, from the first byte's lowest on; `pid` 0 is the calling thread. */
  schedGetaffinity(pid: number, length: number, mask: Uint8Array): number;
  schedSetaffinity(pid: number, length: number, mask: Uint8Array): number;
  /** `struct pollfd` as 8 bytes each: see `fifo.ts`. */
  poll(pollfds: Uint8Array, count: number, timeoutMs: number): number;
  dup3(from: number, to: number, flags: number): number;
  eventfd(count: number, flags: number): number;
  socket(family: number, type: number, protocol: number): number;
  /** `address`: see `notify-socket.ts`. Returns the bytes that were sent. */
  sendto(
    fd: number,
    data: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ): number;
  /**
   * Calls a function with a value when the calling thread ends. `library`: any address in the library of that function. A Node
   * for musl that has libstdc++ inside may have none.
   */
  readonly atThreadEnd: ((address: bigint, value: bigint, library: bigint) => number) | undefined;
  errno(): number;
}

/** glibc, then musl, by the names that their dynamic loaders use. */
const LIBRARY_NAMES = ['libc.so.6', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`, 'libc.so'];

/** Signals may come faster than the kernel can do what was asked. They must not hold up a thread for ever. */
export const MOST_TRIES = 1000;

let loaded: Libc | undefined;

/** The C library, loaded at first use. @throws HermesError ERR_HERMES_UNSUPPORTED_PLATFORM */
export function libc(): Libc {
  loaded ??= load(LIBRARY_NAMES);
  return loaded;
}

/**
 * If a worker thread is terminated while koffi's addon starts in it, the whole process ends: the thread may run no JavaScript any
 * more, and the addon does not survive the failure. So the addon starts when this module is imported, and no later call is in
 * danger. If the start fails, the first call says so.
 */
function loadEarly(): void {
  try {
    libc();
  } catch {}
}

if (!isMainThread) loadEarly();

/** @internal exported for its test. Loads the first library of `names` that there is. */
export function load(names: readonly string[]): Libc {
  checkPlatform();
  const koffi = requireKoffi();
  const failures: string[] = [];
  for (const name of names) {
    try {
      const library = koffi.load(name);
      const restarted = <A extends unknown[]>(call: (...args: A) => number) => restartedBy(call, () => koffi.errno());
      const madvise = library.func('int madvise(void *, size_t, int)');
      const fdatasync = library.func('int fdatasync(int)');
      const fsync = library.func('int fsync(int)');
      return {
        mmap: library.func('int64_t mmap(void *, size_t, int, int, int, int64_t)'),
        close: library.func('int close(int)'),
        closeAddress: library.symbol('close') as bigint,
        fchmod: library.func('int fchmod(int, uint32_t)'),
        posixFallocate: library.func('int posix_fallocate(int, int64_t, int64_t)'),
        fallocate: restarted(library.func('int fallocate(int, int, int64_t, int64_t)')),
        fcntl: restarted(library.func('int fcntl(int, int, void *)')),
        fcntlNumber: restarted(library.func('int fcntl(int, int, int)')),
        ioctl: restarted(library.func('int ioctl(int, unsigned long, void *)')),
        linkat: restarted(library.func('int linkat(int, const char *, int, const char *, int)')),
        madvise,
        fdatasync,
        fsync,
        inBackground: { madvise: madvise.async, fdatasync: fdatasync.async, fsync: fsync.async },
        schedGetaffinity: library.func('int sched_getaffinity(int, size_t, void *)'),
        schedSetaffinity: library.func('int sched_setaffinity(int, size_t, void *)'),
        mkfifo: restarted(library.func('int mkfifo(const char *, uint32_t)')),
        poll: library.func('int poll(void *, unsigned long, int)'),
        dup3: library.func('int dup3(int, int, int)'),
        socket: library.func('int socket(int, int, int)'),
        sendto: restarted(library.func('int64_t sendto(int, void *, size_t, int, void *, uint32_t)')),
        eventfd: library.func('int eventfd(unsigned int, int)'),
        atThreadEnd: atThreadEnd(library, koffi.load(null)),
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

/** @internal exported for its test. Repeats a call that returns -1 as often as a signal interrupts it. */
export function restartedBy<A extends unknown[]>(
  call: (...args: A) => number,
  errno: () => number,
): (...args: A) => number {
  return (...args) => {
    for (let tries = 1; ; tries++) {
      const result = call(...args);
      if (result !== -1 || errno() !== constants.errno.EINTR || tries === MOST_TRIES) return result;
    }
  };
}

/** The function that registers destructors of C++'s `thread_local` objects. glibc has it, and so has libstdc++, with which Node is linked. */
function atThreadEnd(library: LibraryHandle, program: LibraryHandle): Libc['atThreadEnd'] {
  const declare = (from: LibraryHandle, name: string) => from.func(`int ${name}(int64_t, int64_t, int64_t)`);
  try {
    return declare(library, '__cxa_thread_atexit_impl');
  } catch {
    try {
      return declare(program, '__cxa_thread_atexit');
    } catch {
      return undefined;
    }
  }
}

function requireKoffi(): typeof import('koffi') {
  try {
    return requirePackage('koffi') as typeof import('koffi');
  } catch (error) {
    const refused = addonRemedy(error);
    throw new HermesError(
      refused === undefined ? 'ERR_HERMES_UNSUPPORTED_PLATFORM' : 'ERR_HERMES_PERMISSION',
      `koffi, which calls the C library, cannot be loaded (${(error as Error).message}): ${refused ?? 'reinstall with its optional dependencies (no --omit=optional)'}`,
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
