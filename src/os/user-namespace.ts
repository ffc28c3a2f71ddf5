import fs from 'node:fs';

/** What stat(2) shows of owners for whom a user namespace has no number, unless the kernel is told otherwise. */
const DEFAULT_OVERFLOW_ID = 65_534;
/** Of all numbers but the last, which means nobody. */
const ALL_IDS: number = 2 ** 32 - 1;

/**
 * True for the number of an owner (`uid`) or group (`gid`) that may stand for any that this user namespace does not know. In the
 * first namespace, which knows all, it is a number like others.
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
