import fs from 'node:fs';
import { errnoName, libc } from './libc.js';
import { openWithoutLinks } from './open-file.js';
import { systemError } from './system-error.js';

const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

// struct flock of 64-bit Linux: l_type i16, l_whence i16, l_start i64 at 8, l_len i64 at 16, l_pid i32 at 24.
const FLOCK_LENGTH = 32;
const L_START_OFFSET = 8;
const L_LEN_OFFSET = 16;

/**
 * Open-file-description locks on single bytes of one file, through a descriptor of their own: never mapped, never
 * duplicated. The kernel drops them when the process dies, when the Worker that opened it ends, and at `close`.
 */
export class ByteLocks {
  private readonly flock: Buffer = Buffer.alloc(FLOCK_LENGTH);

  private constructor(
    private fd: number,
    private readonly path: string,
  ) {}

  /** Opens `path` anew. @throws HermesError */
  static open(path: string): ByteLocks {
    return new ByteLocks(openWithoutLinks(path, fs.constants.O_RDWR), path);
  }

  /** The same for `tryLockShared` alone, which needs no right to write. @throws HermesError */
  static openReadOnly(path: string): ByteLocks {
    return new ByteLocks(openWithoutLinks(path, fs.constants.O_RDONLY), path);
  }

  /** Device and inode of the file that is open, and how long it is. */
  stat(): fs.Stats {
    return fs.fstatSync(this.fd);
  }

  /** At most `length` bytes from `offset`: fewer at the end of the file. */
  read(offset: number, length: number): Buffer {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, fs.readSync(this.fd, buffer, 0, length, offset));
  }

  /** True when the byte is ours now (or was already). Never waits. */
  tryLock(offset: number): boolean {
    return this.tryLockAs(F_WRLCK, offset);
  }

  /** True when the byte is ours and others', none of whom holds it alone. Never waits. */
  tryLockShared(offset: number): boolean {
    return this.tryLockAs(F_RDLCK, offset);
  }

  private tryLockAs(type: number, offset: number): boolean {
    if (this.call(F_OFD_SETLK, type, offset) === 0) return true;
    const name = errnoName(libc().errno());
    if (name === 'EAGAIN' || name === 'EACCES') return false;
    throw systemError('lock a byte of', this.path, name);
  }

  unlock(offset: number): void {
    if (this.call(F_OFD_SETLK, F_UNLCK, offset) !== 0) {
      throw systemError('unlock a byte of', this.path, errnoName(libc().errno()));
    }
  }

  /** True when somebody else holds the byte: 0.7 µs, and nothing changes. */
  isLockedByOther(offset: number): boolean {
    if (this.call(F_OFD_GETLK, F_WRLCK, offset) !== 0) {
      throw systemError('probe a lock of', this.path, errnoName(libc().errno()));
    }
    return this.flock.readInt16LE(0) !== F_UNLCK;
  }

  /** Drops every lock; idempotent. */
  close(): void {
    if (this.fd !== -1) fs.closeSync(this.fd);
    this.fd = -1;
  }

  private call(command: number, type: number, offset: number): number {
    const { flock } = this;
    flock.fill(0);
    flock.writeInt16LE(type, 0);
    flock.writeBigInt64LE(BigInt(offset), L_START_OFFSET);
    flock.writeBigInt64LE(1n, L_LEN_OFFSET);
    return libc().fcntl(this.fd, command, flock);
  }
}
