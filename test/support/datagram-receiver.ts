import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2_000_000;
const MSG_DONTWAIT = 0x40;

type Call = (...args: unknown[]) => number;

/** The C library, apart from the one that is tested. */
function library(): Record<'socket' | 'bind' | 'recv' | 'close', Call> {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const names = ['libc.so.6', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`];
  for (const name of names) {
    try {
      const libc = koffi.load(name);
      return {
        socket: libc.func('int socket(int, int, int)'),
        bind: libc.func('int bind(int, void *, uint32_t)'),
        recv: libc.func('int64_t recv(int, void *, size_t, int)'),
        close: libc.func('int close(int)'),
      };
    } catch {
      // the other one
    }
  }
  throw new Error(`none of ${names.join(', ')} can be loaded`);
}

/** What a service manager listens on: a Unix datagram socket at a path, or, with a zero first, at an abstract name. */
export class DatagramReceiver {
  private readonly libc = library();
  private readonly fd: number;
  private readonly buffer = Buffer.alloc(64 * 1024);

  constructor(path: string) {
    const name = Buffer.from(path.startsWith('\0') ? path : `${path}\0`);
    const address = Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), name]);
    this.fd = this.libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    onTestFinished(() => void this.libc.close(this.fd));
    if (this.libc.bind(this.fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);
  }

  /** The next datagram, waited for; the test's time-out ends what never comes. */
  async next(): Promise<string> {
    for (;;) {
      const length = this.libc.recv(this.fd, this.buffer, this.buffer.length, MSG_DONTWAIT);
      if (length >= 0) return this.buffer.toString('utf8', 0, length);
      await sleep(5);
    }
  }
}
