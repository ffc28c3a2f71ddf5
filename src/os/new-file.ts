import fs from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { randomBytes } from '../built-ins.js';
import { wallMs } from '../clock.js';
import { ByteLocks } from './byte-locks.js';
import { Descriptor } from './descriptor.js';
import { errnoName, libc, MOST_TRIES } from './libc.js';
import { checkMemoryRoom } from './memory-room.js';
import { systemError, withSystemErrors } from './system-error.js';

const { O_RDWR, O_CREAT, O_EXCL, O_DIRECTORY } = fs.constants;
/** `__O_TMPFILE | O_DIRECTORY`; Node does not name it. */
const O_TMPFILE = 0o20_000_000 | O_DIRECTORY;
const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
/** The path through which an unnamed file gets its name. */
const OWN_DESCRIPTORS = '/proc/self/fd';
/** The answers of file systems that have no unnamed files. */
const NO_TMPFILE = ['EOPNOTSUPP', 'ENOTSUP', 'EISDIR', 'EINVAL', 'ENOENT'];

/** A file that nobody sees yet. */
export interface NewFile {
  readonly fd: number;
  /** Gives the file its name, in one step. False when the name is taken: the file that has it stays. @throws HermesError */
  link(target: string): boolean;
  /** Closes the file. If it was not linked before, nothing stays behind. */
  close(): void;
}

/** Temporary names, on file systems without unnamed files, start like this; no segment's name can. */
export const TEMPORARY_PREFIX = '.creating-';
const ABANDONED_AFTER_MS = 60_000;
/** The creator of a file under construction holds the lock on this byte, which nothing else uses. */
const CREATOR_LOCK_OFFSET: number = 2 ** 41;
const PAGE_LENGTH = 4096;

/** A new file in `directory`: unnamed if the file system can do that and /proc is there. @throws HermesError */
export function newFile(directory: string, mode: number): NewFile {
  if (!fs.existsSync(OWN_DESCRIPTORS)) return namedFile(directory, mode);
  let fd: number;
  try {
    fd = fs.openSync(directory, O_TMPFILE | O_RDWR, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && NO_TMPFILE.includes(code)) return namedFile(directory, mode);
    throw code === undefined ? error : systemError('create a file in', directory, code, error);
  }
  return unnamedFile(fd, mode, directory);
}

function unnamedFile(fd: number, mode: number, directory: string): NewFile {
  try {
    setMode(fd, mode, directory);
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
  return {
    fd,
    link(target) {
      if (libc().linkat(AT_FDCWD, `${OWN_DESCRIPTORS}/${fd}`, AT_FDCWD, target, AT_SYMLINK_FOLLOW) === 0) return true;
      const name = errnoName(libc().errno());
      if (name === 'EEXIST') return false;
      throw systemError('create', target, name, Object.assign(new Error(name), { code: name })); // as node:fs would report it
    },
    close: () => fs.closeSync(fd),
  };
}

/** @internal exported for its test */
export function namedFile(directory: string, mode: number): NewFile {
  removeAbandoned(directory);
  const temporary = path.join(directory, `${TEMPORARY_PREFIX}${process.pid}-${randomBytes(8).toString('hex')}`);
  const descriptor = Descriptor.open(temporary, O_RDWR | O_CREAT | O_EXCL, mode);
  const locks = ByteLocks.of(descriptor, temporary);
  try {
    locks.tryLock(CREATOR_LOCK_OFFSET);
    setMode(descriptor.number, mode, directory);
  } catch (error) {
    locks.close(); // the name is left to `removeAbandoned`
    throw error;
  }
  return {
    fd: descriptor.number,
    link: (target) => linkName(temporary, target),
    close() {
      fs.rmSync(temporary, { force: true });
      locks.close();
    },
  };
}

/** Sets the mode regardless of the umask. Done by the C library, because Node's permission model has no `fchmod`. */
function setMode(fd: number, mode: number, directory: string): void {
  if (libc().fchmod(fd, mode) !== 0)
    throw systemError('set the mode of a file in', directory, errnoName(libc().errno()));
}

function linkName(name: string, target: string): boolean {
  try {
    fs.linkSync(name, target);
    return true;
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw systemError('create', target, code, error);
  }
}

/**
 * Removes what killed creators have left: files whose lock nobody holds. The age alone proves nothing, because a clock may have been set and a
 * creator may be stopped. It only spares creators that have not taken their lock yet.
 */
function removeAbandoned(directory: string): void {
  const oldestMs = wallMs() - ABANDONED_AFTER_MS;
  const names = withSystemErrors('list', directory, () => fs.readdirSync(directory));
  for (const name of names.filter((entry) => entry.startsWith(TEMPORARY_PREFIX))) {
    try {
      removeIfAbandoned(path.join(directory, name), oldestMs);
    } catch {
      // It is gone already, or we may not open or remove it.
    }
  }
}

function removeIfAbandoned(file: string, oldestMs: number): void {
  const { mtimeMs } = fs.lstatSync(file);
  if (mtimeMs >= oldestMs) return;
  const locks = ByteLocks.openReadOnly(file);
  try {
    if (!locks.isLockedByOther(CREATOR_LOCK_OFFSET)) fs.rmSync(file);
  } finally {
    locks.close();
  }
}

/**
 * Gives the file `length` bytes that are really there. If the file system is full, or the cgroup has too little memory, this fails, and not
 * the first write. If signals interrupt it, it asks for smaller and smaller pieces, because tmpfs takes back what an interrupted call had allocated.
 */
export function allocate(fd: number, length: number, subject: string): void {
  checkMemoryRoom(fd, length, subject);
  let pieceLength = length;
  let tries = 0;
  for (let end = 0; end < length; ) {
    const next = Math.min(end + pieceLength, length);
    const errno = libc().posixFallocate(fd, end, next - end);
    if (errno === 0) {
      end = next;
      tries = 0;
    } else if (errno === constants.errno.EINTR && ++tries < MOST_TRIES) {
      pieceLength = Math.max(PAGE_LENGTH, Math.floor(pieceLength / 2 / PAGE_LENGTH) * PAGE_LENGTH);
    } else {
      throw systemError(`allocate ${length} bytes for`, subject, errnoName(errno));
    }
  }
}
