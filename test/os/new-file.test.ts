import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { allocate, namedFile, newFile, TEMPORARY_PREFIX } from '../../src/os/new-file.js';
import { openWithoutLinks } from '../../src/os/open-file.js';
import { scratchDirectory } from '../support/scratch.js';
import { canMount, smallFileSystem } from '../support/small-file-system.js';
import { codeOf, thrownBy } from '../support/thrown.js';

describe.each([
  ['newFile', newFile],
  ['namedFile', namedFile],
])('%s', (_, create) => {
  test('gives the file its name only at link, whole and with its mode', () => {
    const directory = scratchDirectory();
    const target = path.join(directory, 'made');
    const umask = process.umask(0o777);
    const file = create(directory, 0o640);
    fs.writeSync(file.fd, 'content');
    expect(fs.existsSync(target)).toBe(false);
    expect(file.link(target)).toBe(true);
    process.umask(umask);
    file.close();
    expect(fs.readdirSync(directory)).toEqual(['made']);
    expect(fs.readFileSync(target, 'utf8')).toBe('content');
    expect(fs.statSync(target).mode & 0o7777).toBe(0o640);
  });

  test('leaves a file alone that has the name already', () => {
    const directory = scratchDirectory();
    const target = path.join(directory, 'made');
    fs.writeFileSync(target, 'the first one');
    const file = create(directory, 0o600);
    expect(file.link(target)).toBe(false);
    file.close();
    expect(fs.readdirSync(directory)).toEqual(['made']);
    expect(fs.readFileSync(target, 'utf8')).toBe('the first one');
  });

  test('takes a dangling link at the name for a name that is taken', () => {
    const directory = scratchDirectory();
    const target = path.join(directory, 'made');
    fs.symlinkSync(path.join(directory, 'elsewhere'), target);
    const file = create(directory, 0o600);
    expect(file.link(target)).toBe(false);
    file.close();
    expect(fs.readdirSync(directory)).toEqual(['made']);
  });

  test('leaves nothing behind when it is closed without link', () => {
    const directory = scratchDirectory();
    create(directory, 0o600).close();
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('is refused in a directory that is missing or is none', () => {
    const directory = scratchDirectory();
    fs.writeFileSync(path.join(directory, 'file'), '');
    expect(thrownBy(() => create(path.join(directory, 'none'), 0o600)).message).toContain('ENOENT');
    expect(thrownBy(() => create(path.join(directory, 'file'), 0o600)).message).toContain('ENOTDIR');
  });
});

describe.each([
  ['newFile', newFile],
  ['namedFile', namedFile],
])('%s in a directory that goes', (_, create) => {
  test('names what could not be made, and says that something is missing', () => {
    const directory = path.join(scratchDirectory(), 'going');
    fs.mkdirSync(directory);
    const file = create(directory, 0o600);
    fs.rmSync(directory, { recursive: true });
    const error = thrownBy(() => file.link(path.join(directory, 'made')));
    file.close();
    expect(error.code).toBe('ERR_HERMES_SYSTEM');
    expect(error.message).toContain(
      `create ${directory}/made: ENOENT; it, or a directory on the way to it, is missing`,
    );
  });
});

test('where /proc is not mounted, a file has a name from the start', () => {
  const directory = scratchDirectory();
  const { existsSync } = fs;
  vi.spyOn(fs, 'existsSync').mockImplementation((file) => !`${file}`.startsWith('/proc') && existsSync(file));
  const file = newFile(directory, 0o600);
  vi.restoreAllMocks();
  expect(fs.readdirSync(directory).length).toBe(1);
  expect(file.link(path.join(directory, 'made'))).toBe(true);
  file.close();
  expect(fs.readdirSync(directory)).toEqual(['made']);
});

describe('named files of others', () => {
  const hourAgo = new Date(Date.now() - 3_600_000);

  /** A file under construction, an hour old as far as the clock tells. */
  function underConstruction(directory: string) {
    const file = namedFile(directory, 0o600);
    const name = fs.readdirSync(directory).find((each) => each.startsWith(TEMPORARY_PREFIX))!;
    fs.utimesSync(path.join(directory, name), hourAgo, hourAgo);
    return { file, name };
  }

  test('are removed when they are old and nobody is at them any more', () => {
    const directory = scratchDirectory();
    const abandoned = path.join(directory, `${TEMPORARY_PREFIX}1-2`);
    const young = path.join(directory, `${TEMPORARY_PREFIX}3-4`);
    for (const file of [abandoned, young]) fs.writeFileSync(file, 'rest');
    fs.utimesSync(abandoned, hourAgo, hourAgo);
    namedFile(directory, 0o600).close();
    expect(fs.readdirSync(directory)).toEqual([path.basename(young)]);
  });

  test('stay as long as their creator lives, whatever the clock says', () => {
    const directory = scratchDirectory();
    const { file, name } = underConstruction(directory);
    namedFile(directory, 0o600).close();
    expect(fs.readdirSync(directory)).toEqual([name]);
    expect(file.link(path.join(directory, 'made'))).toBe(true);
    file.close();
    expect(fs.readdirSync(directory)).toEqual(['made']);
  });

  test('that cannot be removed keep nobody from creating', () => {
    const directory = scratchDirectory();
    const stubborn = path.join(directory, `${TEMPORARY_PREFIX}5-6`);
    fs.mkdirSync(stubborn);
    fs.utimesSync(stubborn, hourAgo, hourAgo);
    namedFile(directory, 0o600).close();
    expect(fs.readdirSync(directory)).toEqual([path.basename(stubborn)]);
  });
});

test('an unnamed file is in no directory before its link', () => {
  const directory = scratchDirectory();
  const file = newFile(directory, 0o600);
  expect(fs.readdirSync(directory)).toEqual([]);
  file.close();
});

test('a named file has a name that no segment can have', () => {
  const directory = scratchDirectory();
  const file = namedFile(directory, 0o600);
  const [name] = fs.readdirSync(directory);
  expect(name!.startsWith(TEMPORARY_PREFIX)).toBe(true);
  expect(TEMPORARY_PREFIX).toMatch(/^[^A-Za-z0-9]/);
  file.close();
});

test.each(['EOPNOTSUPP', 'EISDIR', 'EINVAL'])(
  'a file system that answers O_TMPFILE with %s gets a named file',
  (code) => {
    const directory = scratchDirectory();
    const open = vi.spyOn(fs, 'openSync').mockImplementationOnce(() => {
      throw Object.assign(new Error(code), { code });
    });
    const file = newFile(directory, 0o600);
    open.mockRestore();
    expect(fs.readdirSync(directory).length).toBe(1);
    file.link(path.join(directory, 'made'));
    file.close();
    expect(fs.readdirSync(directory)).toEqual(['made']);
  },
);

test.each([
  ['EACCES', 'ERR_HERMES_PERMISSION'],
  ['ENOSPC', 'ERR_HERMES_NO_SPACE'],
  ['EMFILE', 'ERR_HERMES_SYSTEM'],
])('a file system that answers %s gets no second try', (code, expected) => {
  const open = vi.spyOn(fs, 'openSync').mockImplementation(() => {
    throw Object.assign(new Error(code), { code });
  });
  try {
    expect(codeOf(() => newFile('/dev/shm', 0o600))).toBe(expected);
    expect(open).toHaveBeenCalledTimes(1);
  } finally {
    open.mockRestore();
  }
});

test('allocate gives the file its length, in blocks that are there', () => {
  const directory = scratchDirectory();
  const file = newFile(directory, 0o600);
  allocate(file.fd, 300_000, 'this test');
  const { size, blocks } = fs.fstatSync(file.fd);
  file.close();
  expect(size).toBe(300_000);
  expect(blocks * 512).toBeGreaterThanOrEqual(size);
});

test.skipIf(!canMount)('allocate fails where there is no room, instead of the first write later', () => {
  const directory = smallFileSystem(256 * 1024);
  const file = newFile(directory, 0o600);
  const error = thrownBy(() => allocate(file.fd, 512 * 1024, 'this test'));
  file.close();
  expect(error.code).toBe('ERR_HERMES_NO_SPACE');
  expect(error.message).toMatch(/allocate 524288 bytes for this test: ENOSPC; free space/);
  expect(fs.statfsSync(directory).bfree).toBe(fs.statfsSync(directory).blocks);
});

test('openWithoutLinks follows no link at the end of the path', () => {
  const directory = scratchDirectory();
  fs.writeFileSync(path.join(directory, 'file'), '');
  fs.symlinkSync(path.join(directory, 'file'), path.join(directory, 'link'));
  fs.closeSync(openWithoutLinks(path.join(directory, 'file'), fs.constants.O_RDWR));
  expect(codeOf(() => openWithoutLinks(path.join(directory, 'link'), fs.constants.O_RDWR))).toBe(
    'ERR_HERMES_PERMISSION',
  );
});

test('openWithoutLinks does not wait at a FIFO for its other end', () => {
  const fifo = path.join(scratchDirectory(), 'fifo');
  spawnSync('mkfifo', [fifo]);
  fs.closeSync(openWithoutLinks(fifo, fs.constants.O_RDONLY));
});
