import fs from 'node:fs';
import type { Socket, SocketConstructorOpts } from 'node:net';
import { net } from '../built-ins.js';
import { Descriptor } from './descriptor.js';
import { errnoName, libc } from './libc.js';
import { systemError, withSystemErrors } from './system-error.js';

const { O_RDWR, O_WRONLY } = fs.constants;
const POLLIN = 1;
/** More bytes than ringers leave in a FIFO: a read that returns fewer has emptied it. */
const DRAIN_LENGTH = 4096;

/** Used in place of a descriptor: poll(2) ignores it. */
export const NO_FIFO: number = -1;

const oneByte: Uint8Array = new Uint8Array(1);
const drained: Uint8Array = new Uint8Array(DRAIN_LENGTH);
// struct pollfd: fd i32 at 0, events i16 at 4, revents i16 at 6.
const pollfd: Buffer = Buffer.alloc(8);

/**
 * Makes a FIFO with exactly these permissions, unless it is there. Two processes must not make the same one at a time. A maker that is
 * killed leaves an unfinished FIFO under the name with `.new`, which the next maker removes.
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

/** @internal exported for tests. Opens a FIFO to sleep on: for both ways, so that it never ends and never blocks. @throws HermesError */
export function openFifo(path: string): Descriptor {
  return checkedFifo(path, O_RDWR);
}

/** Opens a FIFO to ring. @throws HermesError also where nobody has it open to sleep on */
export function openFifoToRing(path: string): Descriptor {
  return checkedFifo(path, O_WRONLY);
}

function checkedFifo(path: string, flags: number): Descriptor {
  const descriptor = Descriptor.open(path, flags);
  if (fs.fstatSync(descriptor.number).isFIFO()) return descriptor;
  descriptor.close();
  throw systemError('use as a FIFO', path, 'EPERM');
}

/** Writes one byte, about 8 µs where somebody sleeps on it. A full FIFO has rung already. False where nobody has it open to sleep on. */
export function writeByte(fd: number): boolean {
  try {
    fs.writeSync(fd, oneByte);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return false;
    if (code !== 'EAGAIN') throw error;
  }
  return true;
}

/**
 * Blocks the thread until there is a byte in the FIFO, a signal arrives or the time is over, and takes out what is in it. Of
 * `NO_FIFO`, only until a signal arrives or the time is over. A worker thread cannot be terminated meanwhile: keep the time short.
 * False when the time is over.
 */
export function awaitByte(fd: number, timeoutMs: number): boolean {
  pollfd.writeInt32LE(fd, 0);
  pollfd.writeInt16LE(POLLIN, 4);
  pollfd.writeInt16LE(0, 6);
  const count = libc().poll(pollfd, 1, Math.ceil(timeoutMs));
  if (count > 0) takeOut(fd);
  return count !== 0;
}

/** EINTR: the bytes stay in the FIFO, and only end the next wait at once. EAGAIN: somebody else has taken them. */
function takeOut(fd: number): void {
  try {
    fs.readSync(fd, drained);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code !== 'EAGAIN' && code !== 'EINTR') throw error;
  }
}

/**
 * A FIFO that wakes the event loop, through epoll and without a thread. The descriptor belongs to libuv, which closes it with the socket, also at
 * the end of a worker thread, however that ends. Does not keep the process alive before `ref`.
 */
export class FifoListener {
  private constructor(
    private readonly fd: number,
    private readonly socket: Socket,
  ) {}

  /** `onByte` is called when there was something in the FIFO, and after it has been emptied. @throws HermesError */
  static open(path: string, onByte: () => void, onError: (error: NodeJS.ErrnoException) => void): FifoListener {
    const onread = {
      buffer: new Uint8Array(64),
      callback: () => {
        onByte();
        return true;
      },
    };
    const fd = duplicateOf(path);
    try {
      const options = { fd, writable: false, onread } as SocketConstructorOpts;
      const socket = withSystemErrors('listen to', path, () => new (net().Socket)(options));
      socket.unref();
      socket.on('error', onError);
      return new FifoListener(fd, socket);
    } catch (error) {
      libc().close(fd); // no socket was made that would close it
      throw error;
    }
  }

  /** Blocks the thread instead: see `awaitByte`. False when the time is over. */
  await(timeoutMs: number): boolean {
    return awaitByte(this.fd, timeoutMs);
  }

  ref(): void {
    this.socket.ref();
  }

  unref(): void {
    this.socket.unref();
  }

  /** Idempotent. */
  close(): void {
    this.socket.destroy();
  }
}

function duplicateOf(path: string): number {
  const fifo = openFifo(path);
  try {
    return fifo.duplicate();
  } finally {
    fifo.close();
  }
}
