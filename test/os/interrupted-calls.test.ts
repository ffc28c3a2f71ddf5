import fs from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ByteLocks } from '../../src/os/byte-locks.js';
import { awaitByte, ensureFifo, openFifo, writeByte } from '../../src/os/fifo.js';
import { libc, MOST_TRIES, restartedBy } from '../../src/os/libc.js';
import { allocate, newFile } from '../../src/os/new-file.js';
import { readAt } from '../../src/os/open-file.js';
import { Child } from '../support/child.js';
import { scratchDirectory } from '../support/scratch.js';
import { thrownBy } from '../support/thrown.js';

const { EINTR, EBADF } = constants.errno;

afterEach(() => {
  vi.restoreAllMocks();
});

/** As node:fs throws it. */
function interruption(): Error {
  return Object.assign(new Error('EINTR: interrupted system call'), { code: 'EINTR' });
}

describe('allocating', () => {
  /** Offset and length of each call; `isInterrupted` says of which a signal undoes what it did. */
  function watched(isInterrupted: (call: number, length: number) => boolean) {
    const calls: [offset: number, length: number][] = [];
    const { posixFallocate } = libc();
    vi.spyOn(libc(), 'posixFallocate').mockImplementation((fd, offset, length) => {
      calls.push([offset, length]);
      return isInterrupted(calls.length, length) ? EINTR : posixFallocate(fd, offset, length);
    });
    return calls;
  }

  function allocated(length: number): fs.Stats {
    const file = newFile(scratchDirectory(), 0o600);
    try {
      allocate(file.fd, length, 'this test');
      return fs.fstatSync(file.fd);
    } finally {
      file.close();
    }
  }

  const LENGTH = 1_000_000;

  test.each([1, 2, 3, 17])('%d signals change nothing but the size of the pieces', (count) => {
    const calls = watched((call) => call <= count);
    const { size, blocks } = allocated(LENGTH);
    expect([size, blocks * 512 >= size, calls.length > count]).toEqual([LENGTH, true, true]);
  });

  test('goes on under signals that leave time for a few pages alone, each piece behind the one before', () => {
    const calls = watched((_, length) => length > 20_000);
    const { size, blocks } = allocated(LENGTH);
    expect([size, blocks * 512 >= size]).toEqual([LENGTH, true]);
    const done = calls.filter(([, length]) => length <= 20_000);
    let end = 0;
    for (const [offset, length] of done) {
      expect(offset).toBe(end);
      end += length;
    }
    expect(end).toBe(LENGTH);
  });

  test('takes one call where nothing interrupts it', () => {
    const calls = watched(() => false);
    allocated(LENGTH);
    expect(calls).toEqual([[0, LENGTH]]);
  });

  test('gives up with a code where signals leave no time at all', () => {
    const calls = watched(() => true);
    const error = thrownBy(() => allocated(LENGTH));
    expect(error.code).toBe('ERR_HERMES_SYSTEM');
    expect(error.message).toContain('allocate 1000000 bytes for this test: EINTR; signals come faster');
    expect(calls.length).toBe(MOST_TRIES);
  });

  test('works under a timer whose signals come faster than the call ends, on kernels that let them interrupt it', async () => {
    const child = Child.start(
      `import { createRequire } from 'node:module';
       import fs from 'node:fs';
       import { libc } from 'hermes:os/libc.js';
       import { allocate, newFile } from 'hermes:os/new-file.js';
       const koffi = createRequire(process.argv[2])('koffi');
       const setitimer = koffi.load('libc.so.6').func('int setitimer(int, void *, void *)');
       const everyMicroseconds = (count) => {
         const interval = Buffer.alloc(32);
         interval.writeBigInt64LE(BigInt(count), 8);
         interval.writeBigInt64LE(BigInt(count), 24);
         setitimer(0, interval, null);
       };
       process.on('SIGALRM', () => {});
       const file = newFile(process.argv[1], 0o600);
       const LENGTH = 16 * 1024 * 1024;
       libc(); // loaded, so that nothing but the call is interrupted
       everyMicroseconds(50);
       try {
         allocate(file.fd, LENGTH, 'this test');
       } finally {
         everyMicroseconds(0);
       }
       const { size, blocks } = fs.fstatSync(file.fd);
       console.log(JSON.stringify([size === LENGTH, blocks * 512 >= LENGTH]));
       process.exit();`,
      scratchDirectory(),
      import.meta.url,
    );
    expect(JSON.parse(await child.line())).toEqual([true, true]);
  });
});

describe('a call of the C library', () => {
  test('is done again as often as a signal interrupts it, with its arguments', () => {
    const results = [-1, -1, -1, 7];
    const seen: unknown[] = [];
    const call = restartedBy(
      (...args: [number, string]) => {
        seen.push(args);
        return results.shift()!;
      },
      () => EINTR,
    );
    expect(call(1, 'two')).toBe(7);
    expect(seen).toEqual(Array(4).fill([1, 'two']));
  });

  test('that fails otherwise is done once', () => {
    const call = vi.fn(() => -1);
    expect(restartedBy(call, () => EBADF)()).toBe(-1);
    expect(call).toHaveBeenCalledTimes(1);
  });

  test('that is never left alone ends with its error', () => {
    const call = vi.fn(() => -1);
    expect(restartedBy(call, () => EINTR)()).toBe(-1);
    expect(call).toHaveBeenCalledTimes(MOST_TRIES);
  });
});

describe('reading a file', () => {
  function fileOf(text: string): string {
    const file = path.join(scratchDirectory(), 'file');
    fs.writeFileSync(file, text);
    return file;
  }

  test('goes on after signals, and after a part', () => {
    const fd = fs.openSync(fileOf('0123456789'), 'r');
    const { readSync } = fs;
    let calls = 0;
    vi.spyOn(fs, 'readSync').mockImplementation(((
      from: number,
      to: Buffer,
      start: number,
      length: number,
      at: number,
    ) => {
      if (++calls % 2 === 1) throw interruption();
      return readSync(from, to, start, Math.min(length, 3), at);
    }) as typeof readSync);
    expect(readAt(fd, 'file', 8, 1).toString()).toBe('12345678');
    expect(readAt(fd, 'file', 8, 7).toString()).toBe('789');
    vi.restoreAllMocks();
    fs.closeSync(fd);
  });

  test('through the descriptor of locks likewise', () => {
    const locks = ByteLocks.openReadOnly(fileOf('abc'));
    vi.spyOn(fs, 'readSync').mockImplementationOnce(() => {
      throw interruption();
    });
    expect(locks.read(0, 10).toString()).toBe('abc');
    locks.close();
  });
});

test.each(['EINTR', 'EAGAIN'])('a wait for a byte is over also where taking it out ends in %s', (code) => {
  const file = path.join(scratchDirectory(), 'fifo');
  ensureFifo(file, 0o600);
  const fifo = openFifo(file);
  writeByte(fifo.number);
  vi.spyOn(fs, 'readSync').mockImplementationOnce(() => {
    throw Object.assign(new Error(code), { code });
  });
  awaitByte(fifo.number, 60_000);
  vi.restoreAllMocks();
  fifo.close();
});
