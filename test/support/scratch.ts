import fs from 'node:fs';
import { onTestFinished } from 'vitest';

/** A directory in shared memory for the running test alone; removed when that has finished. */
export function scratchDirectory(): string {
  const directory = fs.mkdtempSync('/dev/shm/hermes-test-');
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}
