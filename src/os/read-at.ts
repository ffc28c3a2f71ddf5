import fs from 'node:fs';
import { withSystemErrors } from './system-error.js';

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

/** libuv starts every interrupted call again but this one. */
function readOnce(fd: number, buffer: Buffer, start: number, position: number): number {
  for (;;) {
    try {
      return fs.readSync(fd, buffer, start, buffer.length - start, position);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINTR') throw error;
    }
  }
}
