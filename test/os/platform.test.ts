import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { HermesError } from '../../src/errors.js';
import { bootId, bootIdIfShown } from '../../src/os/boot.js';
import { errnoName, libc, load } from '../../src/os/libc.js';
import { checkPlatform } from '../../src/os/platform.js';
import { isMissing, systemError, withSystemErrors } from '../../src/os/system-error.js';
import { parseLead } from '../../src/os/time-namespace.js';
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

describe('the boot id', () => {
  test('is the kernel’s, in 16 bytes', () => {
    const text = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'ascii').trim();
    expect(bootId().length).toBe(16);
    expect(bootId().toString('hex')).toBe(text.replaceAll('-', ''));
  });

  test.each(['', 'none\n', '00000000-0000-0000-0000-00000000000', '/etc/passwd'])(
    'is none where /proc holds %j in its place',
    (text) => {
      vi.spyOn(fs, 'readFileSync').mockReturnValue(text);
      onTestFinished(() => {
        vi.restoreAllMocks();
      });
      expect(bootIdIfShown()).toBeUndefined();
      expect(thrownBy(() => bootId()).message).toContain('/proc/sys/kernel/random/boot_id');
    },
  );

  test.each(['ENOENT', 'EACCES', 'EMFILE'])('that cannot be read is an error that names /proc, and why: %s', (code) => {
    vi.spyOn(fs, 'readFileSync').mockImplementation(() => {
      throw Object.assign(new Error(code), { code });
    });
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    expect(bootIdIfShown()).toBeUndefined();
    const error = thrownBy(() => bootId());
    expect(error.message).toMatch(new RegExp(`/proc/sys/kernel/random/boot_id: ${code}`));
    expect(error.code).not.toBe('ERR_HERMES_SEGMENT_NOT_FOUND');
  });
});

test.each<[string, bigint]>([
  ['monotonic           0         0\nboottime            0         0\n', 0n],
  ['monotonic       86400         5\nboottime       100000         0\n', 86_400_000_000_005n],
  ['boottime        86400         0\nmonotonic          -5 999999999\n', -4_000_000_001n],
  ['monotonic       86400\n', 0n],
  ['', 0n],
])('of the offsets of a time namespace the monotonic clock’s counts: %j', (text, lead) => {
  expect(parseLead(text)).toBe(lead);
});

describe('a failed system call', () => {
  test.each([
    // What is missing, or there already, is not told by the errno: it may be no segment.
    ['ENOENT', 'ERR_HERMES_SYSTEM'],
    ['EEXIST', 'ERR_HERMES_SYSTEM'],
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
    expect(error.code).toBe('ERR_HERMES_SYSTEM');
    expect((error.cause as NodeJS.ErrnoException).code).toBe('ENOENT');
    expect([isMissing(error), isMissing(error.cause), isMissing(systemError('read', '/none', 'EACCES'))]).toEqual([
      true,
      false,
      false,
    ]);
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
