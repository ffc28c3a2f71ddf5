import fs from 'node:fs';
import { Descriptor } from './descriptor.js';
import { HeldName } from './held-name.js';
import { errnoName, libc } from './libc.js';
import { readAt } from './open-file.js';
import { systemError, withSystemErrors } from './system-error.js';

const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

// struct flock of 64-bit Linux: l_type i16, l_whence i16, l_start i64 at 8, l_len i64 at 16, l_pid i32 at 24.
const FLOCK_LENGTH = 32;
const L_START_OFFSET = 8;
const L_LEN_OFFSET = 16;
/** As the length of a lock: all bytes, however far beyond the end of the file. */
const TO_THE_END = 0n;

/**
 * Open-file-description locks on single bytes of one file, through a descriptor of their own: never mapped, never
 * duplicated. The kernel drops them when the process dies, when the worker thread that opened it ends, and at `close`.
 */
export class ByteLocks {
  private readonly flock: Buffer = Buffer.alloc(FLOCK_LENGTH);
  private readonly held: Set<number> = new Set();
  private readonly name: HeldName;

  private constructor(
    private readonly descriptor: Descriptor,
    private readonly path: string,
  ) {
    this.name = new HeldName(path, descriptor.number);
  }

  /** Opens `path` anew. @throws HermesError */
  static open(path: string): ByteLocks {
    return new ByteLocks(Descriptor.open(path, fs.constants.O_RDWR), path);
  }

  /** The same for `tryLockShared` and `isLockedByOther` alone, which need no right to write. @throws HermesError */
  static openReadOnly(path: string): ByteLocks {
    return new ByteLocks(Descriptor.open(path, fs.constants.O_RDONLY), path);
  }

  /** The same, made with `mode` if there is none. @throws HermesError */
  static openOrCreate(path: string, mode: number): ByteLocks {
    const { O_CREAT, O_RDWR } = fs.constants;
    return new ByteLocks(Descriptor.open(path, O_CREAT | O_RDWR, mode), path);
  }

  /** The same, and takes the lock of a byte. Undefined when somebody else holds it. @throws HermesError */
  static take(path: string, mode: number, offset: number): ByteLocks | undefined {
    const locks = ByteLocks.openOrCreate(path, mode);
    let isOurs = false;
    try {
      isOurs = locks.tryLock(offset);
      return isOurs ? locks : undefined;
    } finally {
      if (!isOurs) locks.close();
    }
  }

  /** For a file that the caller has just made and never maps. From now on the descriptor belongs to this object. */
  static of(descriptor: Descriptor, path: string): ByteLocks {
    return new ByteLocks(descriptor, path);
  }

  /** For a file that the caller has made, never maps and closes soon. It may have no name yet; `path` is the name that it will get. @throws HermesError */
  static ofSame(fd: number, path: string): ByteLocks {
    return new ByteLocks(Descriptor.ofSame(fd), path);
  }

  /** True while its path leads to the file. @throws HermesError */
  get isInPlace(): boolean {
    return this.name.leadsThere;
  }

  /** Device and inode of the file that is open, and how long it is. */
  stat(): fs.Stats {
    return withSystemErrors('look at', this.path, () => fs.fstatSync(this.descriptor.number));
  }

  /** True when the file that is open here has this device and inode. */
  isOf({ dev, ino }: fs.BigIntStats): boolean {
    const own = fs.fstatSync(this.descriptor.number, { bigint: true });
    return own.dev === dev && own.ino === ino;
  }

  /** The number of the inode. It may be too large for a JavaScript number. */
  inode(): bigint {
    return withSystemErrors('look at', this.path, () => fs.fstatSync(this.descriptor.number, { bigint: true })).ino;
  }

  /** At most `length` bytes from `offset`: fewer at the end of the file. */
  read(offset: number, length: number): Buffer {
    return readAt(this.descriptor.number, this.path, length, offset);
  }

  /** Makes this text the file's whole content. */
  write(text: string): void {
    fs.ftruncateSync(this.descriptor.number);
    fs.writeSync(this.descriptor.number, text, 0);
  }

  /** True when the byte is ours now (or was already). Never waits. */
  tryLock(offset: number): boolean {
    return this.tryLockAs(F_WRLCK, offset);
  }

  /** True when we hold the byte now, shared with others, and nobody holds it alone. Never waits. */
  tryLockShared(offset: number): boolean {
    return this.tryLockAs(F_RDLCK, offset);
  }

  private tryLockAs(type: number, offset: number): boolean {
    if (this.call(F_OFD_SETLK, type, offset) === 0) {
      this.held.add(offset);
      return true;
    }
    const name = errnoName(libc().errno());
    if (name === 'EAGAIN' || name === 'EACCES') return false;
    throw systemError('lock a byte of', this.path, name);
  }

  /** Drops the lock of a byte. */
  unlock(offset: number): void {
    this.held.delete(offset);
    if (this.call(F_OFD_SETLK, F_UNLCK, offset) !== 0) {
      throw systemError('unlock a byte of', this.path, errnoName(libc().errno()));
    }
  }

  /** True while the byte is ours, taken by `tryLock` or `tryLockShared`. No system call. */
  holds(offset: number): boolean {
    return this.held.has(offset);
  }

  /** True when somebody else holds the byte, alone or shared. Takes 0.7 µs, changes nothing, and needs no right to write. */
  isLockedByOther(offset: number): boolean {
    return this.isAnyLocked(offset, 1n);
  }

  /** True when somebody else holds any byte of the file, even if this version does not know the file's layout. */
  get areHeldByOther(): boolean {
    return this.isAnyLocked(0, TO_THE_END);
  }

  private isAnyLocked(offset: number, length: bigint): boolean {
    if (this.call(F_OFD_GETLK, F_WRLCK, offset, length) !== 0) {
      throw systemError('probe the locks of', this.path, errnoName(libc().errno()));
    }
    return this.flock.readInt16LE(0) !== F_UNLCK;
  }

  /** Drops every lock; idempotent. */
  close(): void {
    this.held.clear();
    this.descriptor.close();
  }

  private call(command: number, type: number, offset: number, length = 1n): number {
    const { flock } = this;
    flock.fill(0);
    flock.writeInt16LE(type, 0);
    flock.writeBigInt64LE(BigInt(offset), L_START_OFFSET);
    flock.writeBigInt64LE(length, L_LEN_OFFSET);
    return libc().fcntl(this.descriptor.number, command, flock);
  }
}
