import fs from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { chosenMapper } from '../../src/os/chosen-mapper.js';
import { koffiMapper } from '../../src/os/koffi-mapper.js';
import type { MapAccess, Mapper, Mapping } from '../../src/os/mapper.js';
import { mmapIoMapper } from '../../src/os/mmap-io-mapper.js';
import { dropPages, prefault, prefaultToRead } from '../../src/os/prefault.js';
import { Child } from '../support/child.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';

const LENGTH = 65_536;

/** mmap-io is not a dependency: it is tested where somebody has installed it. */
function installedMappers(): Mapper[] {
  try {
    return [koffiMapper(), mmapIoMapper()];
  } catch {
    return [koffiMapper()];
  }
}

const mappers = installedMappers();

function newFile(length: number = LENGTH): string {
  const file = path.join(scratchDirectory(), 'mapped');
  fs.writeFileSync(file, Buffer.alloc(length));
  return file;
}

/** Maps a file as the broker does: the descriptor is closed at once. */
function map(mapper: Mapper, file: string, access: MapAccess = 'read-write', length: number = LENGTH): Mapping {
  const fd = fs.openSync(file, access === 'read-write' ? 'r+' : 'r');
  try {
    return mapper.map(fd, length, access);
  } finally {
    fs.closeSync(fd);
  }
}

const words = ({ buffer }: Mapping) => new Int32Array(buffer, 0, LENGTH / 4);

describe.each(mappers)('the mapper $name', (mapper) => {
  test('two mappings of one file are the same memory, for Atomics too', () => {
    const file = newFile();
    const [one, two] = [words(map(mapper, file)), words(map(mapper, file))];
    Atomics.store(one, 7, 42);
    expect(Atomics.load(two, 7)).toBe(42);
    expect(Atomics.add(two, 7, 1)).toBe(42);
    expect(Atomics.compareExchange(one, 7, 43, -1)).toBe(43);
    expect(two[7]).toBe(-1);
    two[LENGTH / 4 - 1] = 5;
    expect(one[LENGTH / 4 - 1]).toBe(5);
  });

  test('mappings of different files are different memory', () => {
    const [one, two] = [words(map(mapper, newFile())), words(map(mapper, newFile()))];
    one[0] = 1;
    expect(two[0]).toBe(0);
  });

  test('reads and writes are those of the file', () => {
    const file = newFile();
    fs.writeFileSync(file, Buffer.alloc(LENGTH, 0x11));
    const mapping = map(mapper, file);
    expect(words(mapping)[100]).toBe(0x11111111);
    Buffer.from(mapping.buffer).write('written', 4096);
    expect(fs.readFileSync(file).toString('latin1', 4096, 4103)).toBe('written');
  });

  test('a private mapping reads the file, and keeps what is stored to itself, until its pages are dropped', () => {
    const file = newFile(4 * LENGTH);
    fs.writeFileSync(file, Buffer.alloc(4 * LENGTH, 'file'));
    const mapping = map(mapper, file, 'private', 4 * LENGTH);
    const bytes = Buffer.from(mapping.buffer);
    const beginnings = (content: Buffer) =>
      [0, 1, 2, 3].map((i) => content.toString('latin1', i * LENGTH, i * LENGTH + 4));
    expect(beginnings(bytes)).toEqual(['file', 'file', 'file', 'file']);
    for (const i of [0, 1, 2, 3]) bytes.write('mine', i * LENGTH);
    expect(beginnings(bytes)).toEqual(['mine', 'mine', 'mine', 'mine']);
    expect(beginnings(fs.readFileSync(file))).toEqual(['file', 'file', 'file', 'file']);
    expect(dropPages(mapping.buffer, LENGTH + 5000, 3 * LENGTH + 5000)).toBe(3 * LENGTH);
    expect(beginnings(bytes)).toEqual(['mine', 'file', 'file', 'mine']);
    expect(dropPages(mapping.buffer, 0, LENGTH - 1)).toBe(0);
    expect(beginnings(bytes)).toEqual(['mine', 'file', 'file', 'mine']);
  });

  test.each([1, 100, 4095, 4096, 4097, 65_535, 65_537, 300_000, 5 * 1024 ** 2 + 4096])(
    'all of %d bytes are mapped',
    (length) => {
      const file = newFile(length);
      const { buffer } = map(mapper, file, 'read-write', length);
      expect(buffer.byteLength).toBeGreaterThanOrEqual(length);
      const bytes = new Uint8Array(buffer);
      bytes[0] = 1;
      bytes[length - 1] = 2;
      const content = fs.readFileSync(file);
      expect(content.length).toBe(length);
      expect([content[length - 1], content[0]]).toEqual([2, length === 1 ? 2 : 1]);
    },
  );

  test('another process sees what is written, and its atomic additions are not lost among ours', async () => {
    const file = newFile();
    const mine = words(map(mapper, file));
    mine[1] = 12345;
    const child = Child.start(
      `
      import fs from 'node:fs';
      import { chosenMapper } from 'hermes:os/chosen-mapper.js';
      const { buffer } = chosenMapper(${JSON.stringify(mapper.name)}).map(fs.openSync(process.argv[1], 'r+'), ${LENGTH}, 'read-write');
      const words = new Int32Array(buffer);
      console.log(words[1]);
      while (Atomics.load(words, 2) === 0);
      for (let i = 0; i < 100000; i++) Atomics.add(words, 3, 1);
      console.log('added');`,
      file,
    );
    expect(await child.line()).toBe('12345');
    Atomics.store(mine, 2, 1);
    for (let i = 0; i < 100_000; i++) Atomics.add(mine, 3, 1);
    expect(await child.line()).toBe('added');
    expect(Atomics.load(mine, 3)).toBe(200_000);
  });

  test('a read-only mapping shows the writes of others', () => {
    const file = newFile();
    const [writable, readOnly] = [words(map(mapper, file)), words(map(mapper, file, 'read-only'))];
    expect(readOnly[3]).toBe(0);
    Atomics.store(writable, 3, 77);
    expect(Atomics.load(readOnly, 3)).toBe(77);
  });

  test('after unmap, views that are still around neither crash nor lose what the file holds', () => {
    const file = newFile();
    const [staying, leaving] = [map(mapper, file), map(mapper, file)];
    const stale = words(leaving);
    stale[5] = 99;
    leaving.unmap();
    leaving.unmap();
    expect([0, 99]).toContain(stale[5]);
    Atomics.load(stale, 5);
    expect(words(staying)[5]).toBe(99);
    expect(fs.readFileSync(file).readInt32LE(20)).toBe(99);
  });

  test('a descriptor that is not open is refused with a code', () => {
    const fd = fs.openSync(newFile(), 'r+');
    fs.closeSync(fd);
    expect(thrownBy(() => mapper.map(fd, LENGTH, 'read-write')).message).toContain('EBADF');
    expect(codeOf(() => mapper.map(-1, LENGTH, 'read-write'))).toBe('ERR_HERMES_SYSTEM');
  });

  test('a descriptor for reading is refused for writing', () => {
    const fd = fs.openSync(newFile(), 'r');
    expect(codeOf(() => mapper.map(fd, LENGTH, 'read-write'))).toBe('ERR_HERMES_PERMISSION');
    fs.closeSync(fd);
  });

  test('more than it can map is refused with a code', () => {
    const fd = fs.openSync(newFile(), 'r+');
    for (const length of [mapper.maxLength + 1, mapper.maxLength + 4096, 4 * 1024 ** 3 + 4096, 2 ** 45]) {
      expect(thrownBy(() => mapper.map(fd, length, 'read-write')).code, `${length}`).toMatch(/^ERR_HERMES_/);
    }
    fs.closeSync(fd);
  });
});

test.each(mappers)('the mapper $name maps a file over another, which keeps what it has', (mapper) => {
  const [first, second, longer] = [newFile(), newFile(), newFile(2 * LENGTH)];
  const mapOver = (file: string, length: number, over: Mapping) => {
    const fd = fs.openSync(file, 'r+');
    const mapping = mapper.map(fd, length, 'read-write', over);
    fs.closeSync(fd);
    return mapping;
  };
  const one = map(mapper, first);
  new Uint8Array(one.buffer).fill(1, 0, LENGTH);
  const two = mapOver(second, LENGTH, one);
  one.unmap(); // has ended already: nothing happens
  new Uint8Array(two.buffer).fill(2, 0, LENGTH);
  const three = mapOver(longer, 2 * LENGTH, two);
  new Uint8Array(three.buffer).fill(3, 0, 2 * LENGTH);
  expect([one.length, two.length, three.length]).toEqual([LENGTH, LENGTH, 2 * LENGTH]);
  expect([first, second, longer].map((file) => new Set(fs.readFileSync(file)))).toEqual([
    new Set([1]),
    new Set([2]),
    new Set([3]),
  ]);
});

describe('the mapper koffi', () => {
  test('keeps its memory where a file of the same length is mapped over another', () => {
    const one = map(koffiMapper(), newFile());
    const words = new Int32Array(one.buffer);
    const file = newFile();
    const fd = fs.openSync(file, 'r+');
    const two = koffiMapper().map(fd, LENGTH, 'read-write', one);
    fs.closeSync(fd);
    expect(two.buffer).toBe(one.buffer);
    prefault(two.buffer, 100, LENGTH - 100);
    prefaultToRead(two.buffer, 0, LENGTH);
    words[0] = 7;
    expect(fs.readFileSync(file).readInt32LE(0)).toBe(7);
  });

  test('stale views read zeros after unmap, and writes through them reach no file', () => {
    const file = newFile();
    const mapping = map(koffiMapper(), file);
    const stale = words(mapping);
    stale.fill(-1);
    mapping.unmap();
    expect(stale.every((word) => word === 0)).toBe(true);
    stale.fill(7);
    expect(fs.readFileSync(file).equals(Buffer.alloc(LENGTH, 0xff))).toBe(true);
  });

  test('gives a SharedArrayBuffer: a worker thread works on the same file', async () => {
    const mine = words(map(koffiMapper(), newFile()));
    expect(mine.buffer).toBeInstanceOf(SharedArrayBuffer);
    const worker = new Worker(`Atomics.store(require('node:worker_threads').workerData, 9, 43)`, {
      eval: true,
      workerData: mine,
    });
    await new Promise((resolve) => worker.on('exit', resolve));
    expect(Atomics.load(mine, 9)).toBe(43);
  });

  test('maps and unmaps again and again', () => {
    const file = newFile();
    for (let round = 1; round <= 200; round++) {
      const mapping = map(koffiMapper(), file);
      expect(words(mapping)[0]).toBe(round - 1);
      words(mapping)[0] = round;
      mapping.unmap();
    }
  });
});

describe('HERMES_MAPPER', () => {
  test('chooses koffi when it is absent or empty', () => {
    expect(chosenMapper().name).toBe(process.env.HERMES_MAPPER || 'koffi');
    expect(chosenMapper('').name).toBe('koffi');
    expect(chosenMapper('koffi').name).toBe('koffi');
  });

  test('that names another mapper is refused, with what there is', () => {
    const error = thrownBy(() => chosenMapper('magic'));
    expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
    expect(error.message).toMatch(/magic.*koffi or mmap-io/);
  });

  test.skipIf(mappers.length > 1)('that names mmap-io where it is not installed says how to install it', () => {
    const error = thrownBy(() => chosenMapper('mmap-io'));
    expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
    expect(error.message).toContain('npm install mmap-io');
  });
});
