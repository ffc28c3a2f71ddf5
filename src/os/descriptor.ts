import fs from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { errnoName, libc } from './libc.js';
import { openAgain, openWithoutLinks } from './open-file.js';
import { systemError } from './system-error.js';

const CLOSED = -1;
/** The same on x86-64 and arm64; Node does not name it, and sets it always. */
const O_CLOEXEC = 0o2_000_000;
const F_DUPFD_CLOEXEC = 1030;

/** Descriptor numbers of this worker thread that lead nowhere now. */
const idle: number[] = [];
/** A descriptor that always leads nowhere. -1 before there is one. */
let nowhere = -1;

/**
 * An open file that belongs to this object alone. It is closed once: by `close`, or else at the end of the worker thread that opened it, however
 * the thread ends.
 *
 * In a worker thread Node closes what `node:fs` has opened, by its number, unless the thread was started with `trackUnmanagedFds: false`. So
 * there a kept file has a number that Node does not know, and that the C library closes when the kernel's thread ends, just as it
 * destroys the `thread_local` objects of C++. This cannot be undone. So such a number belongs to the thread until then. While no file
 * is open under it, it leads nowhere.
 */
export class Descriptor {
  private constructor(
    private fd: number,
    private readonly isOfThread: boolean,
  ) {}

  /** Opens a name that is not a link. `mode` is for a file that `flags` makes. @throws HermesError */
  static open(path: string, flags: number, mode?: number): Descriptor {
    return Descriptor.own(openWithoutLinks(path, flags, mode));
  }

  /** Opens the file that is open as `fd` a second time, whatever name it has by now, if any. `path` is only for error messages. @throws HermesError */
  static openAgain(fd: number, path: string, flags: number): Descriptor {
    return Descriptor.own(openAgain(fd, path, flags));
  }

  /** A second number for the file that is open as `fd`; the owner of `fd` still closes that. @throws HermesError */
  static ofSame(fd: number): Descriptor {
    if (!isMainThread && libc().atThreadEnd !== undefined) return new Descriptor(moveToThread(fd), true);
    return new Descriptor(duplicateOf(fd), false);
  }

  /** Takes a number that `node:fs` has just opened. */
  private static own(fd: number): Descriptor {
    if (isMainThread || libc().atThreadEnd === undefined) return new Descriptor(fd, false);
    try {
      return new Descriptor(moveToThread(fd), true);
    } finally {
      fs.closeSync(fd);
    }
  }

  /** -1 once it is closed. */
  get number(): number {
    return this.fd;
  }

  /** A second number for the same open file, which Node does not know. The caller gives it to an owner at once. @throws HermesError */
  duplicate(): number {
    return duplicateOf(this.fd);
  }

  /** Idempotent. One system call: a worker thread that is terminated meanwhile has closed it or has not. */
  close(): void {
    const { fd } = this;
    if (fd === CLOSED) return;
    this.fd = CLOSED;
    if (this.isOfThread) {
      replace(fd, nowhere);
      idle.push(fd);
    } else {
      fs.closeSync(fd);
    }
  }
}

function duplicateOf(fd: number): number {
  const duplicate = libc().fcntlNumber(fd, F_DUPFD_CLOEXEC, 0);
  if (duplicate === -1) throw systemError('duplicate', `descriptor ${fd}`, errnoName(libc().errno()));
  return duplicate;
}

/** A number of this thread for an open file. */
function moveToThread(fd: number): number {
  if (nowhere === -1) nowhere = newNumber();
  const number = idle.pop() ?? newNumber();
  replace(number, fd);
  return number;
}

/** A number that leads nowhere, and is closed when the thread ends. */
function newNumber(): number {
  const { atThreadEnd, closeAddress, eventfd } = libc();
  const fd = eventfd(0, O_CLOEXEC);
  if (fd === -1) throw systemError('open', 'an event descriptor', errnoName(libc().errno()));
  atThreadEnd!(closeAddress, BigInt(fd), closeAddress);
  return fd;
}

function replace(fd: number, by: number): void {
  if (libc().dup3(by, fd, O_CLOEXEC) === -1)
    throw systemError('replace', `descriptor ${fd}`, errnoName(libc().errno()));
}
