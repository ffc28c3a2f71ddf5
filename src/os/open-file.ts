import fs from 'node:fs';
import { unlessMissing, withSystemErrors } from './system-error.js';

const { O_NOFOLLOW, O_NONBLOCK } = fs.constants;

/**
 * Opens a file by a name that is not a link (O_CLOEXEC, as Node always does). Returns the descriptor, to be closed by `fs.closeSync`.
 * `mode` is for a file that `flags` makes. @throws HermesError
 */
export function openWithoutLinks(path: string, flags: number, mode?: number): number {
  return withSystemErrors('open', path, () => fs.openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, mode));
}

/** Opens such a file for reading; undefined when it is not there. @throws HermesError for other reasons */
export function openIfThere(path: string): number | undefined {
  return unlessMissing(() => openWithoutLinks(path, fs.constants.O_RDONLY));
}

/** Opens the file that is open as `fd` a second time, whatever name it has by now, if any. `path` is only for error messages. Returns the descriptor. @throws HermesError */
export function openAgain(fd: number, path: string, flags: number): number {
  return withSystemErrors('open', path, () => {
    try {
      return fs.openSync(`/proc/self/fd/${fd}`, flags);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return fs.openSync(path, flags); // there is no /proc
    }
  });
}

/** At most `length` bytes of the file at `path`, open as `fd`, from `offset`: fewer only at its end. A signal that interrupts it changes nothing. @throws HermesError */
export function readAt(fd: number, path: string, length: number, offset: number): Buffer {
  const buffer = Buffer.alloc(length);
  let end = 0;
  while (end < length) {
    const start = end;
    const count = withSystemErrors('read', path, () => readOnce(fd, buffer, start, offset + start));
    if (count === 0) break;
    end += count;
  }
  return buffer.subarray(0, end);
}

/** libuv repeats every interrupted call except this one. */
function readOnce(fd: number, buffer: Buffer, start: number, position: number): number {
  for (;;) {
    try {
      return fs.readSync(fd, buffer, start, buffer.length - start, position);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINTR') throw error;
    }
  }
}
