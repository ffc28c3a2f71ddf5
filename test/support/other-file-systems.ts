import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { scratchDirectory } from './scratch.js';
import { canMount } from './small-file-system.js';

/** File systems on a disk that write changed blocks elsewhere, always or where two files share them. */
export type DiskFileSystem = 'btrfs' | 'xfs';

/** The smallest size that mkfs takes, in bytes. Only what is written uses memory. */
const IMAGE_LENGTH = 320 * 1024 * 1024;
const FILLER_LENGTHS = [64, 8, 1, 1 / 16, 1 / 256].map((mib) => mib * 1024 * 1024);

/** Whether this process may mount one, and its mkfs is installed. */
export function canMountDisk(kind: DiskFileSystem): boolean {
  if (!canMount) return false;
  const directory = fs.mkdtempSync('/dev/shm/hermes-test-');
  const isMounted = mountImage(kind, directory);
  if (isMounted) spawnSync('umount', ['--lazy', path.join(directory, 'mounted')]);
  fs.rmSync(directory, { recursive: true, force: true });
  return isMounted;
}

/** A new file system of a kind, mounted until the test has finished. The directory. */
export function diskFileSystem(kind: DiskFileSystem): string {
  const directory = scratchDirectory();
  if (!mountImage(kind, directory)) throw new Error(`mounting ${kind} at ${directory} failed`);
  return unmountedLater(path.join(directory, 'mounted'));
}

/** An overlay whose files are in a directory. */
export function overlayOn(upper: string): string {
  const directory = scratchDirectory();
  const places = ['lower', 'mounted'].map((name) => path.join(directory, name));
  const inUpper = ['upper', 'work'].map((name) => path.join(upper, name));
  for (const place of [...places, ...inUpper]) fs.mkdirSync(place);
  const options = `lowerdir=${places[0]},upperdir=${inUpper[0]},workdir=${inUpper[1]}`;
  const { status, stderr } = spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', options, places[1]!]);
  if (status !== 0) throw new Error(`mounting an overlay failed: ${stderr}`);
  return unmountedLater(places[1]!);
}

/** Takes all the space of a file system. Returns a function that gives it back. */
export function fillUp(directory: string): () => void {
  const filler = path.join(directory, '.filler');
  const fd = fs.openSync(filler, 'w');
  let length = 0;
  const allocate = (more: number) => {
    const { status } = spawnSync('fallocate', ['--offset', `${length}`, '--length', `${more}`, filler]);
    if (status === 0) length += more;
    return status === 0;
  };
  const write = () => {
    try {
      length += fs.writeSync(fd, Buffer.alloc(4096), 0, 4096, length);
      return true;
    } catch {
      return false;
    }
  };
  for (let before = -1; before < length; ) {
    before = length;
    spawnSync('sync', ['--file-system', directory]); // which may give some back
    for (const more of FILLER_LENGTHS) while (allocate(more));
    while (write()); // into what is kept back for the file system's own needs
  }
  fs.closeSync(fd);
  return () => {
    fs.rmSync(filler);
    spawnSync('sync', ['--file-system', directory]);
  };
}

function mountImage(kind: DiskFileSystem, directory: string): boolean {
  const [image, mounted] = [path.join(directory, 'image'), path.join(directory, 'mounted')];
  fs.writeFileSync(image, '');
  fs.truncateSync(image, IMAGE_LENGTH);
  fs.mkdirSync(mounted);
  return (
    spawnSync(`mkfs.${kind}`, ['-q', image]).status === 0 &&
    spawnSync('mount', ['-o', 'loop', image, mounted]).status === 0
  );
}

function unmountedLater(directory: string): string {
  // Lazy, for mappings end when they are collected.
  onTestFinished(() => {
    spawnSync('umount', ['--lazy', directory]);
  });
  return directory;
}
