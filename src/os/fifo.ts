import fs from 'node:fs';
import { errnoName, libc } from './libc.js';
import { openWithoutLinks } from './open-file.js';
import { systemError, withSystemErrors } from './system-error.js';

const { O_RDWR } = fs.constants;
const POLLIN = 1;
/** More bytes than ringers leave in a FIFO: a read that fills less has emptied it. */
const DRAIN_LENGTH = 4096;

const oneByte: Uint8Array = new Uint8Array(1);
const drained: Uint8Array = new Uint8Array(DRAIN_LENGTH);
// struct pollfd: fd i32 at 0, events i16 at 4, revents i16 at 6.
const pollfd: Buffer = Buffer.alloc(8);

/**
 * Makes a FIFO with just these permissions, unless it is there. Two must not make the same one at a time. A maker that was
 * killed leaves a half-made one under the name with `.new`, which the next one takes away.
 */
export function ensureFifo(path: string, mode: number): void {
  if (fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const unfinished = `${path}.new`;
  withSystemErrors('make', path, () => {
    fs.rmSync(unfinished, { force: true });
    if (libc().mkfifo(unfinished, mode) !== 0) throw systemError('make', path, errnoName(libc().errno()));
    fs.chmodSync(unfinished, mode); // whatever the umask
    fs.renameSync(unfinished, path);
  });
}

/** Opens a FIFO for both ways, so that it never ends and never blocks. The descriptor. @throws HermesError */
export function openFifo(path: string): number {
  const fd = openWithoutLinks(path, O_RDWR);
  if (fs.fstatSync(fd).isFIFO()) return fd;
  fs.closeSync(fd);
  throw systemError('use as a FIFO', path, 'EPERM');
}

/** Writes one byte, about 8 µs where somebody sleeps on it. A full FIFO has rung already. */
export function writeByte(fd: number): void {
  try {
    fs.writeSync(fd, oneByte);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}

/**
 * Blocks the thread until there is a byte in the FIFO, a signal arrives or the time is over, and takes out what is in it.
 * A worker thread cannot be terminated meanwhile: keep the time short.
 */
export function awaitByte(fd: number, timeoutMs: number): void {
  pollfd.writeInt32LE(fd, 0);
  pollfd.writeInt16LE(POLLIN, 4);
  pollfd.writeInt16LE(0, 6);
  const count = libc().poll(pollfd, 1, Math.ceil(timeoutMs));
  if (count > 0) fs.readSync(fd, drained);
}
