import fs from 'node:fs';
import { HermesError } from '../errors.js';
import { fileSystemOf } from './file-system.js';
import { errnoName, libc } from './libc.js';
import { allocatedLength, checkMemoryRoom } from './memory-room.js';
import { systemError } from './system-error.js';

// A store through a mapping that finds no space ends the process by SIGBUS, and nothing in Node can catch that. So whatever can be
// known is taken care of before a file is mapped.

const FALLOC_FL_UNSHARE_RANGE = 0x40;
/** The answers of file systems that cannot do it. */
const NOT_SUPPORTED: readonly string[] = ['EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EINVAL'];

const FS_IOC_FIEMAP = 0xc020_660b;
const EXTENT_LAST = 0x1;
const EXTENT_SHARED = 0x2000;

// struct fiemap: start u64, length u64 at 8, flags u32 at 16, mapped extents u32 at 20, extent count u32 at 24; then struct
// fiemap_extent, 56 bytes each: logical u64, physical u64 at 8, length u64 at 16, flags u32 at 40.
const HEADER_LENGTH = 32;
const EXTENT_LENGTH = 56;
const EXTENTS_PER_CALL = 64;

/** True if stores through a mapping need no space once the file has all its blocks, whatever happens to it. */
export function storesInPlace(fd: number): boolean {
  return ['memory', 'unbounded', 'in-place'].includes(fileSystemOf(fd).placing);
}

/** Refuses a file in which each store may need space anew. @throws HermesError ERR_HERMES_INVALID_OPTION */
export function checkPlacing(fd: number, subject: string): void {
  const { name, placing } = fileSystemOf(fd);
  if (placing !== 'elsewhere') return;
  throw new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `${subject} is on ${name}, which puts what changes elsewhere: on a full disk a store to a mapped file would end the process. ` +
      'Choose a directory in memory (tmpfs, such as /dev/shm); hermes rm --force removes one that is there',
  );
}

/**
 * Makes sure that stores to the first `length` bytes of a file need no space. Fills holes, as `fallocate -d` and `cp --sparse` leave
 * them, and copies blocks that are shared with another file. Others may have the file mapped meanwhile: its content does not change.
 * @throws HermesError ERR_HERMES_NO_SPACE; ERR_HERMES_INVALID_OPTION where it cannot be
 */
export function ensureBlocks(fd: number, length: number, subject: string): void {
  checkPlacing(fd, subject);
  const isWhole = hasAllBlocks(fd, length);
  if (isWhole === true) return;
  checkMemoryRoom(fd, length, subject);
  for (const mode of [FALLOC_FL_UNSHARE_RANGE, 0]) {
    const failure = fallocate(fd, mode, length);
    if (failure === undefined) return;
    if (!NOT_SUPPORTED.includes(failure)) throw systemError('fill the holes of', subject, failure);
  }
  // posix_fallocate would write into each block, and others may write there, too.
  if (isWhole === false) throw systemError('fill the holes of', subject, 'ENOSPC');
}

/** The name of the error, or undefined. */
function fallocate(fd: number, mode: number, length: number): string | undefined {
  return libc().fallocate(fd, mode, 0, length) === 0 ? undefined : errnoName(libc().errno());
}

/**
 * Refuses a file that cannot be read through a mapping: in memory, a hole that is read is filled, and that needs space.
 * @throws HermesError ERR_HERMES_NO_SPACE
 */
export function checkReadable(fd: number, length: number, subject: string): void {
  if (fileSystemOf(fd).placing !== 'memory' || hasAllBlocks(fd, length) === true) return;
  const { bavail, bsize } = fs.statfsSync(`/proc/self/fd/${fd}`);
  const lack = length - allocatedLength(fd);
  if (bavail * bsize < lack) throw systemError(`map ${lack} bytes of holes of`, subject, 'ENOSPC');
}

/** Undefined if that cannot be found out: the number of blocks may include some of the file system's own, and miss what is compressed. */
function hasAllBlocks(fd: number, length: number): boolean | undefined {
  const { placing } = fileSystemOf(fd);
  if (placing === 'unbounded') return true;
  const hasEnough = allocatedLength(fd) >= length;
  if (placing === 'memory') return hasEnough;
  return hasOwnExtents(fd, length) ?? (hasEnough || undefined);
}

/**
 * True when each of the first `length` bytes of a file has a block that no other file shares. Undefined if the file
 * system does not tell.
 */
export function hasOwnExtents(fd: number, length: number): boolean | undefined {
  const request = Buffer.alloc(HEADER_LENGTH + EXTENTS_PER_CALL * EXTENT_LENGTH);
  let end = 0;
  while (end < length) {
    request.fill(0, 0, HEADER_LENGTH);
    request.writeBigUInt64LE(BigInt(end), 0);
    request.writeBigUInt64LE(BigInt(length - end), 8);
    request.writeUInt32LE(EXTENTS_PER_CALL, 24);
    if (libc().ioctl(fd, FS_IOC_FIEMAP, request) !== 0) return undefined;
    const count = request.readUInt32LE(20);
    for (let i = 0; i < count; i++) {
      const extent = HEADER_LENGTH + i * EXTENT_LENGTH;
      const flags = request.readUInt32LE(extent + 40);
      if (Number(request.readBigUInt64LE(extent)) > end || (flags & EXTENT_SHARED) !== 0) return false;
      end = Number(request.readBigUInt64LE(extent) + request.readBigUInt64LE(extent + 16));
      if ((flags & EXTENT_LAST) !== 0) return end >= length;
    }
    if (count === 0) return false;
  }
  return true;
}
