import fs from 'node:fs';

/** A new directory for segments, in shared memory. The caller removes it. */
export function makeDirectory(): string {
  return fs.mkdtempSync('/dev/shm/hermes-test-');
}

export function removeDirectory(directory: string): void {
  fs.rmSync(directory, { recursive: true, force: true });
}
