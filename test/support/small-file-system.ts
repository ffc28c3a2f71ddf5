import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { onTestFinished } from 'vitest';
import { scratchDirectory } from './scratch.js';

/** Whether this process may mount file systems; root in a container often may not. */
export const canMount: boolean = tryMount();

/** A file system in memory of `size` bytes, mounted until the test has finished. The directory. */
export function smallFileSystem(size: number): string {
  const directory = scratchDirectory();
  const { status } = mount(directory, size);
  if (status !== 0) throw new Error(`mounting at ${directory} failed`);
  onTestFinished(() => {
    // Lazy, for mappings end when they are collected.
    spawnSync('umount', ['--lazy', directory]);
  });
  return directory;
}

function mount(directory: string, size: number) {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'none', directory]);
}

function tryMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const directory = fs.mkdtempSync('/dev/shm/hermes-test-');
  const isMounted = mount(directory, 65_536).status === 0;
  if (isMounted) spawnSync('umount', ['--lazy', directory]);
  fs.rmdirSync(directory);
  return isMounted;
}
