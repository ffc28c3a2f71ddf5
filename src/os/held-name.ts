import fs from 'node:fs';
import { withSystemErrors } from './system-error.js';

/** The kernel's answers for a path that leads nowhere. */
const NOWHERE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ESTALE'];

/**
 * The path by which a file or directory was opened. It tells, as often as asked, whether the path still leads there. It does not once the file
 * or a directory above it was removed, moved, replaced or mounted over. While the file is open, no other gets its inode.
 */
export class HeldName {
  private own: fs.BigIntStats | undefined;

  /** `fd` must stay open. */
  constructor(
    readonly path: string,
    private readonly fd: number,
  ) {}

  /** The status of the open file, as long as the path leads to it. One system call. @throws HermesError when this user may not look */
  stat(): fs.BigIntStats | undefined {
    const named = statOf(this.path);
    if (named === undefined) return undefined;
    // Asked once more before the answer counts: a copy-up below an overlay may change it.
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

/** Inodes may need more than the 53 bits of a number. */
function isSame(named: fs.BigIntStats, own: fs.BigIntStats | undefined): boolean {
  return named.ino === own?.ino && named.dev === own.dev;
}
