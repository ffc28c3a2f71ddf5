import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fileSystemOf } from '../../src/os/file-system.js';
import { libc } from '../../src/os/libc.js';
import { allocate } from '../../src/os/new-file.js';
import {
  checkPlacing,
  checkReadable,
  ensureBlocks,
  hasOwnExtents,
  storesInPlace,
} from '../../src/os/stores-in-place.js';
import { canMountDisk, diskFileSystem, fillUp, overlayOn } from '../support/other-file-systems.js';
import { scratchDirectory } from '../support/scratch.js';
import { canMount, smallFileSystem } from '../support/small-file-system.js';
import { codeOf, thrownBy } from '../support/thrown.js';

const LENGTH = 1024 * 1024;
/** `FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE` */
const PUNCH_HOLE = 3;

interface Opened {
  readonly fd: number;
  readonly file: string;
}

function opened(file: string): Opened {
  const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT);
  onTestFinished(() => fs.closeSync(fd));
  return { fd, file };
}

/** A file of zeros that has all its blocks, but for a number of holes, with something at its end. */
function withHoles(directory: string, holes: number): Opened {
  const { fd, file } = opened(path.join(directory, 'file'));
  allocate(fd, LENGTH, file);
  fs.writeSync(fd, 'the end', LENGTH - 7);
  for (let i = 0; i < holes; i++) expect(libc().fallocate(fd, PUNCH_HOLE, 8192 * i, 4096)).toBe(0);
  return { fd, file };
}

function expectWhole({ fd, file }: Opened): void {
  expect(fs.fstatSync(fd).blocks * 512).toBeGreaterThanOrEqual(LENGTH);
  expect(fs.readFileSync(file).equals(Buffer.concat([Buffer.alloc(LENGTH - 7), Buffer.from('the end')]))).toBe(true);
}

function onDisk(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hermes-test-'));
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function placingOf(directory: string): string {
  return fileSystemOf(opened(path.join(directory, 'file')).fd).placing;
}

describe('a file in memory', () => {
  test('is known to be in memory', () => {
    expect(fileSystemOf(opened(path.join(scratchDirectory(), 'file')).fd)).toEqual({
      name: 'tmpfs',
      placing: 'memory',
    });
  });

  test('with holes: they are filled, and nothing else changes', () => {
    const holed = withHoles(scratchDirectory(), 3);
    expect(fs.fstatSync(holed.fd).blocks * 512).toBe(LENGTH - 3 * 4096);
    checkReadable(holed.fd, LENGTH, holed.file);
    ensureBlocks(holed.fd, LENGTH, holed.file);
    expectWhole(holed);
  });

  test.runIf(canMount)(
    'with holes, where there is no room for them: that is said, whether it is written or read',
    () => {
      const directory = smallFileSystem(LENGTH + 65_536);
      const holed = withHoles(directory, 3);
      const makeRoom = fillUp(directory);
      const error = thrownBy(() => ensureBlocks(holed.fd, LENGTH, holed.file));
      expect([error.code, error.message]).toEqual(['ERR_HERMES_NO_SPACE', expect.stringContaining(holed.file)]);
      expect(codeOf(() => checkReadable(holed.fd, LENGTH, holed.file))).toBe('ERR_HERMES_NO_SPACE');
      makeRoom();
      checkReadable(holed.fd, LENGTH, holed.file);
      ensureBlocks(holed.fd, LENGTH, holed.file);
      fillUp(directory);
      ensureBlocks(holed.fd, LENGTH, holed.file); // nothing is missing any more
      expectWhole(holed);
    },
  );
});

describe.skipIf(fs.statfsSync(os.tmpdir()).type !== 0xef53)('a file on ext4', () => {
  test('is written in place, also where holes were: one, or more than are listed at once', () => {
    for (const holes of [1, 100]) {
      const holed = withHoles(onDisk(), holes);
      expect([storesInPlace(holed.fd), hasOwnExtents(holed.fd, LENGTH)]).toEqual([true, false]);
      ensureBlocks(holed.fd, LENGTH, holed.file);
      expect(hasOwnExtents(holed.fd, LENGTH)).toBe(true);
      expectWhole(holed);
    }
  });

  test('that ends too early has holes, and an empty one, too', () => {
    const { fd } = opened(path.join(onDisk(), 'file'));
    expect(hasOwnExtents(fd, LENGTH)).toBe(false);
    allocate(fd, LENGTH / 2, 'a file');
    expect([hasOwnExtents(fd, LENGTH / 2), hasOwnExtents(fd, LENGTH)]).toEqual([true, false]);
  });
});

describe.skipIf(!canMountDisk('xfs'))('a file on XFS', () => {
  test('that shares its blocks with a copy gets its own, where there is room', () => {
    const directory = diskFileSystem('xfs');
    const shared = withHoles(directory, 0);
    expect([storesInPlace(shared.fd), hasOwnExtents(shared.fd, LENGTH)]).toEqual([false, true]);
    spawnSync('cp', ['--reflink=always', shared.file, path.join(directory, 'copy')]);
    expect(hasOwnExtents(shared.fd, LENGTH)).toBe(false);
    const makeRoom = fillUp(directory);
    expect(codeOf(() => ensureBlocks(shared.fd, LENGTH, shared.file))).toBe('ERR_HERMES_NO_SPACE');
    makeRoom();
    ensureBlocks(shared.fd, LENGTH, shared.file);
    expect(hasOwnExtents(shared.fd, LENGTH)).toBe(true);
    expectWhole(shared);
    fillUp(directory);
    ensureBlocks(shared.fd, LENGTH, shared.file); // nothing is shared any more
  });

  test('with holes: they are filled', () => {
    const holed = withHoles(diskFileSystem('xfs'), 3);
    ensureBlocks(holed.fd, LENGTH, holed.file);
    expect(hasOwnExtents(holed.fd, LENGTH)).toBe(true);
    expectWhole(holed);
  });
});

describe.skipIf(!canMountDisk('btrfs'))('a file on btrfs', () => {
  test('is refused, with what to do; also where an overlay is above it', () => {
    const directory = diskFileSystem('btrfs');
    for (const place of [directory, overlayOn(directory)]) {
      const { fd, file } = opened(path.join(place, 'file'));
      expect(storesInPlace(fd)).toBe(false);
      for (const check of [() => checkPlacing(fd, file), () => ensureBlocks(fd, LENGTH, file)]) {
        const error = thrownBy(check);
        expect([error.code, error.message]).toEqual([
          'ERR_HERMES_INVALID_OPTION',
          expect.stringMatching(/btrfs.*tmpfs/),
        ]);
      }
    }
  });
});

test.runIf(canMount)('ramfs has no holes that could be without room', () => {
  const directory = scratchDirectory();
  spawnSync('mount', ['-t', 'ramfs', 'none', directory]);
  onTestFinished(() => void spawnSync('umount', ['--lazy', directory]));
  expect(placingOf(directory)).toBe('unbounded');
  const { fd, file } = opened(path.join(directory, 'file'));
  fs.ftruncateSync(fd, LENGTH);
  expect(storesInPlace(fd)).toBe(true);
  ensureBlocks(fd, LENGTH, file);
  checkReadable(fd, LENGTH, file);
});

test.runIf(canMount)('of an overlay nobody knows: it is taken for neither', () => {
  const directory = overlayOn(scratchDirectory());
  expect(placingOf(directory)).toBe('unknown');
  const { fd, file } = opened(path.join(directory, 'file'));
  allocate(fd, LENGTH, file);
  expect(storesInPlace(fd)).toBe(false);
  ensureBlocks(fd, LENGTH, file);
});
