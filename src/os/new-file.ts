import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { errnoName, libc } from './libc.js';
import { systemError, withSystemErrors } from './system-error.js';

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_DIRECTORY } = fs.constants;
/** `__O_TMPFILE | O_DIRECTORY`; Node does not name it. */
const O_TMPFILE = 0o20_000_000 | O_DIRECTORY;
const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
/** What file systems answer that have no unnamed files. */
const NO_TMPFILE = ['EOPNOTSUPP', 'ENOTSUP', 'EISDIR', 'EINVAL', 'ENOENT'];

/** A file that nobody sees yet. */
export interface NewFile {
  readonly fd: number;
  /** Gives the file its name, at once and only if the name is free. @throws HermesError ERR_HERMES_SEGMENT_EXISTS */
  link(target: string): void;
  /** Closes it; without `link` before, nothing stays behind. */
  close(): void;
}

/** Temporary names of file systems without unnamed files start so; no segment's name can. */
export const TEMPORARY_PREFIX = '.creating-';
const ABANDONED_AFTER_MS = 60_000;

/** A new file in `directory`, unnamed where the file system can do that. @throws HermesError */
export function newFile(directory: string, mode: number): NewFile {
  try {
    return unnamedFile(fs.openSync(directory, O_TMPFILE | O_RDWR, mode), mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && NO_TMPFILE.includes(code)) return namedFile(directory, mode);
    throw code === undefined ? error : systemError('create a file in', directory, code, error);
  }
}

function unnamedFile(fd: number, mode: number): NewFile {
  fs.fchmodSync(fd, mode); // whatever the umask
  return {
    fd,
    link(target) {
      if (libc().linkat(AT_FDCWD, `/proc/self/fd/${fd}`, AT_FDCWD, target, AT_SYMLINK_FOLLOW) !== 0) {
        throw systemError('create', target, errnoName(libc().errno()));
      }
    },
    close: () => fs.closeSync(fd),
  };
}

/** @internal exported for its test */
export function namedFile(directory: string, mode: number): NewFile {
  removeAbandoned(directory);
  const temporary = path.join(directory, `${TEMPORARY_PREFIX}${process.pid}-${randomBytes(8).toString('hex')}`);
  const fd = withSystemErrors('create', temporary, () =>
    fs.openSync(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode),
  );
  fs.fchmodSync(fd, mode);
  return {
    fd,
    link: (target) => withSystemErrors('create', target, () => fs.linkSync(temporary, target)),
    close() {
      fs.closeSync(fd);
      fs.unlinkSync(temporary);
    },
  };
}

/** What creators that were killed have left. Creating takes milliseconds. */
function removeAbandoned(directory: string): void {
  const oldestMs = Date.now() - ABANDONED_AFTER_MS;
  const names = withSystemErrors('list', directory, () => fs.readdirSync(directory));
  for (const name of names.filter((entry) => entry.startsWith(TEMPORARY_PREFIX))) {
    const file = path.join(directory, name);
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    if (stat !== undefined && stat.mtimeMs < oldestMs) fs.rmSync(file, { force: true });
  }
}

/** Gives the file `length` bytes that are really there: a full file system fails here, not at the first write. */
export function allocate(fd: number, length: number, subject: string): void {
  const errno = libc().posixFallocate(fd, 0, length);
  if (errno !== 0) throw systemError(`allocate ${length} bytes for`, subject, errnoName(errno));
}
