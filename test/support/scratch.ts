import fs from 'node:fs';
import { onTestFinished } from 'vitest';

/** A directory in shared memory for the running test alone; removed when that has finished. */
export function scratchDirectory(): string {
  const directory = fs.mkdtempSync('/dev/shm/hermes-test-');
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What is in a directory of segments, but for the doorbells of those that were attached to. */
export function withoutDoorbells(directory: string): string[] {
  return fs
    .readdirSync(directory)
    .filter((name) => !name.startsWith('.bell-'))
    .sort();
}
