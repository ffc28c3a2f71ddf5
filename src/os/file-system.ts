import fs from 'node:fs';

/**
 * Where a file system puts a store to a page of a file that has all its blocks: in memory that the file has already, in the
 * blocks that it has already, or elsewhere. Elsewhere needs space anew, for every store that comes after the page was written back.
 * Unbounded is memory that the kernel never refuses.
 */
type Placing = 'memory' | 'unbounded' | 'in-place' | 'elsewhere' | 'unknown';

interface FileSystem {
  /** For people. */
  readonly name: string;
  readonly placing: Placing;
}

/** By `f_type` of statfs(2). XFS is not in the list: its files may share blocks (`cp --reflink`), and are then written elsewhere. */
const KNOWN: ReadonlyMap<number, FileSystem> = new Map([
  [0x0102_1994, { name: 'tmpfs', placing: 'memory' }],
  [0x8584_58f6, { name: 'ramfs', placing: 'unbounded' }],
  [0xef53, { name: 'ext4', placing: 'in-place' }],
  [0x9123_683e, { name: 'btrfs', placing: 'elsewhere' }],
  [0x2fc1_2fc1, { name: 'ZFS', placing: 'elsewhere' }],
  [0xca45_1a4e, { name: 'bcachefs', placing: 'elsewhere' }],
  [0x3434, { name: 'NILFS2', placing: 'elsewhere' }],
]);
const OVERLAY = 0x794c_7630;
const UNKNOWN: FileSystem = { name: 'a file system that is not known', placing: 'unknown' };

/** The file system of an open file. */
export function fileSystemOf(fd: number): FileSystem {
  try {
    const { type, files } = fs.statfsSync(`/proc/self/fd/${fd}`);
    // An overlay shows everything of the file system below it except the type; only btrfs has no number of files.
    if (type === OVERLAY && files === 0) return { name: 'an overlay on btrfs', placing: 'elsewhere' };
    return KNOWN.get(type) ?? UNKNOWN;
  } catch {
    return UNKNOWN; // no /proc, or no right to look
  }
}

/**
 * True when files in this directory are in memory, and so cannot be older than this boot. False also when that cannot be found out.
 * `dev` is the device number of the file in question: a single file may be mounted there from another file system.
 */
export function endsWithBoot(directory: string, dev?: number): boolean {
  try {
    if (dev !== undefined && fs.statSync(directory).dev !== dev) return false;
    const { placing } = KNOWN.get(fs.statfsSync(directory).type) ?? UNKNOWN;
    return placing === 'memory' || placing === 'unbounded';
  } catch {
    return false;
  }
}
