import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { HermesError } from '../../src/errors.js';
import { bootId } from '../../src/os/boot.js';
import { errnoName, libc, load } from '../../src/os/libc.js';
import { checkPlatform } from '../../src/os/platform.js';
import { systemError, withSystemErrors } from '../../src/os/system-error.js';
import { scratchDirectory } from '../support/scratch.js';
import { thrownBy } from '../support/thrown.js';

const EBADF = 9;

describe('the C library', () => {
  test('is the first of the names that there is', () => {
    const loaded = load(['libhermes-none.so.9', 'libc.so.6', 'libhermes-other.so']);
    expect(loaded.fcntl(-1, 1, new Uint8Array(32))).toBe(-1);
    expect(errnoName(loaded.errno())).toBe('EBADF');
  });

  test('that is found under no name is an unsupported platform, and the error says what was tried', () => {
    const error = thrownBy(() => load(['libhermes-none.so.9', 'libhermes-other.so']));
    expect(error.code).toBe('ERR_HERMES_UNSUPPORTED_PLATFORM');
    expect(error.message).toContain('libhermes-none.so.9, libhermes-other.so');
  });

  test('that cannot be loaded is passed over', () => {
    const script = path.join(scratchDirectory(), 'libc.so'); // as the linker's script of that name is
    fs.writeFileSync(script, 'GROUP ( /lib/libc.so.6 )');
    expect(thrownBy(() => load([script])).code).toBe('ERR_HERMES_UNSUPPORTED_PLATFORM');
    expect(load([script, 'libc.so.6']).posixFallocate(-1, 0, 1)).toBe(EBADF);
  });

  test('is loaded once', () => {
    expect(libc()).toBe(libc());
  });

  test('gives names to error numbers, known and unknown', () => {
    expect([2, 28].map(errnoName)).toEqual(['ENOENT', 'ENOSPC']);
    expect(errnoName(9999)).toContain('9999');
  });
});

describe('the platform', () => {
  test.each([
    ['linux', 'x64'],
    ['linux', 'arm64'],
  ])('%s-%s is supported', (platform, arch) => {
    checkPlatform(platform, arch);
  });

  test.each([
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['linux', 'ia32'],
    ['linux', 's390x'],
    ['freebsd', 'x64'],
  ])('%s-%s is refused by name', (platform, arch) => {
    const error = thrownBy(() => checkPlatform(platform, arch));
    expect(error.code).toBe('ERR_HERMES_UNSUPPORTED_PLATFORM');
    expect(error.message).toContain(`${platform}-${arch}`);
  });
});

test('the boot id is the kernel’s, in 16 bytes', () => {
  const text = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'ascii').trim();
  expect(bootId().length).toBe(16);
  expect(bootId().toString('hex')).toBe(text.replaceAll('-', ''));
});

describe('a failed system call', () => {
  test.each([
    ['ENOENT', 'ERR_HERMES_SEGMENT_NOT_FOUND'],
    ['EEXIST', 'ERR_HERMES_SEGMENT_EXISTS'],
    ['EACCES', 'ERR_HERMES_PERMISSION'],
    ['EPERM', 'ERR_HERMES_PERMISSION'],
    ['ELOOP', 'ERR_HERMES_PERMISSION'],
    ['EROFS', 'ERR_HERMES_PERMISSION'],
    ['ENOSPC', 'ERR_HERMES_NO_SPACE'],
    ['EDQUOT', 'ERR_HERMES_NO_SPACE'],
    ['EFBIG', 'ERR_HERMES_NO_SPACE'],
    ['EMFILE', 'ERR_HERMES_SYSTEM'],
    ['EIO', 'ERR_HERMES_SYSTEM'],
  ])('%s has the code %s, and says what was tried on what', (errno, code) => {
    const error = systemError('open', '/some/file', errno);
    expect(error.code).toBe(code);
    expect(error.message).toContain(`Could not open /some/file: ${errno}`);
  });

  test('of node:fs keeps its cause', () => {
    const error = thrownBy(() => withSystemErrors('read', '/none', () => fs.readFileSync('/none')));
    expect(error.code).toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
    expect((error.cause as NodeJS.ErrnoException).code).toBe('ENOENT');
  });

  test('is told from mistakes of the program, which pass as they are', () => {
    const mistake = new TypeError('a mistake');
    expect(() =>
      withSystemErrors('read', '/none', () => {
        throw mistake;
      }),
    ).toThrow(mistake);
    const known = new HermesError('ERR_HERMES_BUSY', 'busy');
    expect(() =>
      withSystemErrors('read', '/none', () => {
        throw known;
      }),
    ).toThrow(known);
  });
});
