import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { scratchDirectory } from './scratch.js';

/** Whether this process may mount overlays; root in a container often may not. */
export const canMountOverlay: boolean = tryOverlay();

/** What is in `lower`, seen through an overlay that is mounted until the test has finished: writing changes it there alone. */
export function overlayOver(lower: string): string {
  const directory = scratchDirectory();
  const merged = mountOverlay(directory, lower);
  if (merged === undefined) throw new Error(`mounting an overlay at ${directory} failed`);
  onTestFinished(() => {
    // Lazy, for mappings end when they are collected.
    spawnSync('umount', ['--lazy', merged]);
  });
  return merged;
}

function mountOverlay(directory: string, lower: string): string | undefined {
  const [upper, work, merged] = ['upper', 'work', 'merged'].map((name) => path.join(directory, name));
  for (const each of [upper!, work!, merged!]) fs.mkdirSync(each);
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  return spawnSync('mount', ['-t', 'overlay', '-o', options, 'none', merged!]).status === 0 ? merged : undefined;
}

function tryOverlay(): boolean {
  if (process.getuid?.() !== 0) return false;
  const directory = fs.mkdtempSync('/dev/shm/hermes-test-');
  fs.mkdirSync(path.join(directory, 'lower'));
  const merged = mountOverlay(directory, path.join(directory, 'lower'));
  if (merged !== undefined) spawnSync('umount', ['--lazy', merged]);
  fs.rmSync(directory, { recursive: true, force: true });
  return merged !== undefined;
}
