import { libc } from './libc.js';

const FS_IOC_FIEMAP = 0xc020_660b;
const EXTENT_LAST = 0x1;
const EXTENT_SHARED = 0x2000;

// struct fiemap: start u64, length u64 at 8, flags u32 at 16, mapped extents u32 at 20, extent count u32 at 24; then struct
// fiemap_extent, 56 bytes each: logical u64, physical u64 at 8, length u64 at 16, flags u32 at 40.
const HEADER_LENGTH = 32;
const EXTENT_LENGTH = 56;
const EXTENTS_PER_CALL = 64;

/**
 * True when each of the first `length` bytes of a file has a block, and no block is another file's, too. Undefined where the file
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
