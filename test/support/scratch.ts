import fs from 'node:fs';
import { onTestFinished } from 'vitest';
import { makeDirectory, removeDirectory } from './segment-directory.js';

/** A directory in shared memory for the running test alone; removed when that has finished. */
export function scratchDirectory(): string {
  const directory = makeDirectory();
  onTestFinished(() => removeDirectory(directory));
  return directory;
}

/** What is in a directory of segments, but for the doorbells of those that were attached to. */
export function withoutDoorbells(directory: string): string[] {
  return fs
    .readdirSync(directory)
    .filter((name) => !name.startsWith('.bell-'))
    .sort();
}
