import fs from 'node:fs';

/** `f_type` of statfs(2). */
const TMPFS = 0x0102_1994;
const RAMFS = 0x8584_58f6;

/**
 * True when what is in this directory is in memory, and so cannot be older than this boot; false also where that cannot be told.
 * `dev` is the device number of the file that is asked for: a file may be mounted there by itself, from another file system.
 */
export function endsWithBoot(directory: string, dev?: number): boolean {
  try {
    if (dev !== undefined && fs.statSync(directory).dev !== dev) return false;
    return [TMPFS, RAMFS].includes(fs.statfsSync(directory).type);
  } catch {
    return false;
  }
}
