import fs from 'node:fs';
import { withSystemErrors } from './system-error.js';

/** What the kernel answers where a path leads nowhere. */
const NOWHERE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ESTALE'];

/**
 * The path by which a file or directory was opened: tells, again and again, whether it still leads to that. It does not once that was
 * removed, moved or replaced, or a directory above it, or was mounted over. As long as it is open nothing else gets its inode.
 */
export class HeldName {
  private own: fs.BigIntStats | undefined;

  /** `fd` must stay open. */
  constructor(
    readonly path: string,
    private readonly fd: number,
  ) {}

  /** The status of what is open, as long as the path leads to it: one system call. @throws HermesError when this user may not look */
  stat(): fs.BigIntStats | undefined {
    const named = statOf(this.path);
    if (named === undefined) return undefined;
    // Asked again before it is said: a copy-up below an overlay may change the answer.
    if (!isSame(named, this.own)) this.own = fs.fstatSync(this.fd, { bigint: true });
    return isSame(named, this.own) ? named : undefined;
  }

  /** @throws HermesError when this user may not look */
  get leadsThere(): boolean {
    return this.stat() !== undefined;
  }
}

function statOf(path: string): fs.BigIntStats | undefined {
  return withSystemErrors('look at', path, () => {
    try {
      return fs.statSync(path, { bigint: true, throwIfNoEntry: false });
    } catch (error) {
      if (NOWHERE.includes((error as NodeJS.ErrnoException).code!)) return undefined;
      throw error;
    }
  });
}

/** Inodes need more than the 53 bits of a number. */
function isSame(named: fs.BigIntStats, own: fs.BigIntStats | undefined): boolean {
  return named.ino === own?.ino && named.dev === own.dev;
}
