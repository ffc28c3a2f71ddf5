import fs from 'node:fs';

/** The number that stat(2) shows for owners that a user namespace does not know, unless the kernel is configured otherwise. */
const DEFAULT_OVERFLOW_ID = 65_534;
/** The count of all numbers except the last, which means nobody. */
const ALL_IDS: number = 2 ** 32 - 1;

/**
 * True for the number of an owner (`uid`) or group (`gid`) that may stand for any owner or group that this user namespace does not know.
 * In the first namespace, which knows all, it is a number like any other.
 */
export function mayBeUnmapped(id: number, kind: 'uid' | 'gid'): boolean {
  return id === overflowId(kind) && !mapsAll(kind);
}

function overflowId(kind: string): number {
  const text = readIfShown(`/proc/sys/kernel/overflow${kind}`);
  return text === undefined ? DEFAULT_OVERFLOW_ID : Number.parseInt(text, 10);
}

/** Lines of: first number inside, first outside, how many. Without /proc nothing is known of a namespace. */
function mapsAll(kind: string): boolean {
  const text = readIfShown(`/proc/self/${kind}_map`);
  if (text === undefined) return true;
  const counts = text
    .trim()
    .split('\n')
    .map((line) => Number(line.trim().split(/\s+/)[2] ?? 0));
  return counts.reduce((sum, count) => sum + count, 0) >= ALL_IDS;
}

function readIfShown(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'ascii');
  } catch {
    return undefined;
  }
}
