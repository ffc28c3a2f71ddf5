import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory for the running test alone where journals belong: on a disk, where the system's temporary files are on one. */
export function scratchOnDisk(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hermes-test-'));
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}
