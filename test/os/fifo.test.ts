import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Descriptor } from '../../src/os/descriptor.js';
import { awaitByte, ensureFifo, NO_FIFO, openFifo, openFifoToRing, writeByte } from '../../src/os/fifo.js';
import { scratchDirectory } from '../support/scratch.js';
import { thrownBy } from '../support/thrown.js';

const opened: Descriptor[] = [];
afterEach(() => {
  for (const descriptor of opened.splice(0)) descriptor.close();
});

function newPath(): string {
  return path.join(scratchDirectory(), 'fifo');
}

function openNew(): number {
  const file = newPath();
  ensureFifo(file, 0o600);
  const descriptor = openFifo(file);
  opened.push(descriptor);
  return descriptor.number;
}

/** What can be read from it now. */
function contents(fd: number): number {
  try {
    return fs.readSync(fd, Buffer.alloc(1 << 20));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

describe('making a FIFO', () => {
  test.each([0o600, 0o660, 0o666])('gives it the mode %o, whatever the umask', (mode) => {
    for (const umask of [0o777, 0]) {
      const file = newPath();
      const before = process.umask(umask);
      ensureFifo(file, mode);
      process.umask(before);
      expect(fs.lstatSync(file).isFIFO()).toBe(true);
      expect(fs.lstatSync(file).mode & 0o7777).toBe(mode);
      expect(fs.readdirSync(path.dirname(file))).toEqual(['fifo']);
    }
  });

  test('leaves one alone that is there', () => {
    const file = newPath();
    ensureFifo(file, 0o600);
    const { ino } = fs.lstatSync(file);
    ensureFifo(file, 0o666);
    expect(fs.lstatSync(file)).toMatchObject({ ino });
    expect(fs.lstatSync(file).mode & 0o7777).toBe(0o600);
  });

  test.each(['a FIFO', 'a file', 'a link'])('takes away what a killed maker left half-made (%s)', (what) => {
    const file = newPath();
    const unfinished = `${file}.new`;
    if (what === 'a FIFO') ensureFifo(unfinished, 0o000);
    else if (what === 'a file') fs.writeFileSync(unfinished, 'rest');
    else fs.symlinkSync('/dev/null', unfinished);
    ensureFifo(file, 0o640);
    expect(fs.lstatSync(file).isFIFO()).toBe(true);
    expect(fs.lstatSync(file).mode & 0o7777).toBe(0o640);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['fifo']);
  });

  test('fails with a coded error that names the file where there is no directory', () => {
    const file = path.join(scratchDirectory(), 'none', 'fifo');
    expect(thrownBy(() => ensureFifo(file, 0o600)).message).toContain(file);
  });
});

describe('opening a FIFO', () => {
  test.each(['a file', 'a directory', 'a link to a FIFO', 'nothing'])('refuses %s in its place', (what) => {
    const file = newPath();
    if (what === 'a file') fs.writeFileSync(file, '');
    if (what === 'a directory') fs.mkdirSync(file);
    if (what === 'a link to a FIFO') {
      ensureFifo(`${file}.other`, 0o600);
      fs.symlinkSync(`${file}.other`, file);
    }
    const before = fs.readdirSync('/proc/self/fd').length;
    expect(thrownBy(() => openFifo(file)).message).toContain(file);
    expect(fs.readdirSync('/proc/self/fd')).toHaveLength(before);
  });
});

describe('a byte in a FIFO', () => {
  test('ends a wait, which takes all bytes out', () => {
    const fd = openNew();
    for (let i = 0; i < 10; i++) writeByte(fd);
    awaitByte(fd, 60_000);
    expect(contents(fd)).toBe(0);
  });

  test('that somebody else has taken out is no error', () => {
    const fd = openNew();
    const read = vi.spyOn(fs, 'readSync').mockImplementation(() => {
      throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' });
    });
    writeByte(fd);
    awaitByte(fd, 60_000);
    read.mockRestore();
    expect(contents(fd)).toBe(1);
  });

  test('is not waited for without a FIFO: the time goes by', () => {
    const startMs = performance.now();
    awaitByte(NO_FIFO, 20);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(19);
  });

  test('reaches whoever sleeps there, and tells when nobody does any more', () => {
    const file = newPath();
    ensureFifo(file, 0o600);
    expect(thrownBy(() => openFifoToRing(file)).message).toContain('ENXIO');
    const sleeping = openFifo(file);
    const ringing = openFifoToRing(file);
    opened.push(ringing);
    expect(writeByte(ringing.number)).toBe(true);
    expect(contents(sleeping.number)).toBe(1);
    sleeping.close();
    expect(writeByte(ringing.number)).toBe(false);
  });

  test('that does not come ends a wait at its time', () => {
    const fd = openNew();
    const startMs = performance.now();
    awaitByte(fd, 20);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(19);
    awaitByte(fd, 0);
  });

  test('has no place in a full FIFO, which has rung already', () => {
    const fd = openNew();
    const block = Buffer.alloc(4096);
    for (;;) {
      try {
        fs.writeSync(fd, block);
      } catch {
        break;
      }
    }
    writeByte(fd);
    const before = contents(fd);
    expect(before).toBeGreaterThan(0);
    writeByte(fd);
    expect(contents(fd)).toBe(1);
  });
});
