import type { Socket, SocketConstructorOpts } from 'node:net';
import { net } from '../built-ins.js';
import { awaitByte, openFifo } from './fifo.js';
import { libc } from './libc.js';
import { withSystemErrors } from './system-error.js';

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
