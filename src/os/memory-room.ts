import fs from 'node:fs';
import path from 'node:path';
import { HermesError } from '../errors.js';
import { cgroupDirectories, textOf } from './cgroups.js';
import { fileSystemOf } from './file-system.js';

/** Bytes kept for what the process itself will need, which nobody can know. */
const OWN_NEED: number = 8 * 1024 * 1024;
/** In cgroups of version 1, a limit above this means that there is none. */
const NO_LIMIT: number = 2 ** 60;

/** The cgroup, or the machine, that has the least room in memory for this process. */
interface MemoryRoom {
  /** For people: whose memory it is. */
  readonly of: string;
  /** Bytes. */
  readonly limit: number;
  /** Bytes. */
  readonly free: number;
}

/**
 * Refuses to allocate a file in memory if its cgroup, or the machine, has no room for it: the kernel would not refuse, but kill the
 * process. A file on a disk has no such limit. @throws HermesError ERR_HERMES_NO_SPACE
 */
export function checkMemoryRoom(fd: number, length: number, subject: string): void {
  if (!['memory', 'unbounded'].includes(fileSystemOf(fd).placing)) return;
  const needed = length - allocatedLength(fd);
  if (needed <= 0) return;
  const room = memoryRoom();
  if (room === undefined || needed + OWN_NEED <= room.free) return;
  throw new HermesError(
    'ERR_HERMES_NO_SPACE',
    `Could not allocate ${needed} bytes for ${subject}: of the ${room.limit} bytes of memory of ${room.of}, ${Math.max(0, room.free)} are free; ` +
      'raise that limit, or give fewer producers or a smaller capacity',
  );
}

/** Bytes that a file takes: stat(2) counts them in blocks of 512. */
export function allocatedLength(fd: number): number {
  return fs.fstatSync(fd).blocks * 512;
}

/** @param root where the files are, for tests. Undefined if no file tells. */
export function memoryRoom(root = '/'): MemoryRoom | undefined {
  const rooms = [...cgroupRooms(root), ...machineRoom(root)];
  return rooms.sort((a, b) => a.free - b.free)[0];
}

function machineRoom(root: string): MemoryRoom[] {
  const { MemTotal, MemAvailable, SwapFree = 0 } = numbersIn(path.join(root, 'proc/meminfo'), 1024);
  if (MemTotal === undefined || MemAvailable === undefined) return [];
  return [{ of: 'this machine', limit: MemTotal, free: MemAvailable + SwapFree }];
}

/** Of the process's own cgroup, and of all that it is in. */
function cgroupRooms(root: string): MemoryRoom[] {
  const swapFree = numbersIn(path.join(root, 'proc/meminfo'), 1024).SwapFree ?? 0;
  return cgroupDirectories(root).flatMap(({ version, directory, name }) => {
    const room = version === 2 ? roomOfVersion2(directory, swapFree) : roomOfVersion1(directory, swapFree);
    return room === undefined ? [] : [{ of: `the cgroup ${name}`, ...room }];
  });
}

type Room = Omit<MemoryRoom, 'of'> | undefined;

/** Memory that only caches the disk counts as free, because the kernel drops it first. */
function roomOfVersion2(directory: string, swapFree: number): Room {
  const limit = numberIn(path.join(directory, 'memory.max'));
  const used = numberIn(path.join(directory, 'memory.current'));
  if (limit === undefined || used === undefined) return undefined;
  const stat = numbersIn(path.join(directory, 'memory.stat'), 1);
  const swapLimit = numberIn(path.join(directory, 'memory.swap.max')) ?? Number.POSITIVE_INFINITY;
  const swapUsed = numberIn(path.join(directory, 'memory.swap.current')) ?? 0;
  const cached = (stat.inactive_file ?? 0) + (stat.active_file ?? 0) + (stat.slab_reclaimable ?? 0);
  return { limit, free: limit - used + cached + Math.max(0, Math.min(swapFree, swapLimit - swapUsed)) };
}

function roomOfVersion1(directory: string, swapFree: number): Room {
  const limit = numberIn(path.join(directory, 'memory.limit_in_bytes')) ?? NO_LIMIT;
  const used = numberIn(path.join(directory, 'memory.usage_in_bytes'));
  if (limit >= NO_LIMIT || used === undefined) return undefined;
  const stat = numbersIn(path.join(directory, 'memory.stat'), 1);
  const cached = (stat.total_inactive_file ?? 0) + (stat.total_active_file ?? 0);
  const bothLimit = numberIn(path.join(directory, 'memory.memsw.limit_in_bytes')) ?? Number.POSITIVE_INFINITY;
  const bothUsed = numberIn(path.join(directory, 'memory.memsw.usage_in_bytes')) ?? 0;
  return { limit, free: cached + Math.min(limit - used + swapFree, bothLimit - bothUsed) };
}

/** Undefined for `max`, and if there is no such file. */
function numberIn(file: string): number | undefined {
  const text = textOf(file).trim();
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Lines with a name and a number: `inactive_file 4096`, `MemFree: 4 kB`. */
function numbersIn(file: string, unit: number): Readonly<Record<string, number>> {
  const lines = textOf(file).matchAll(/^(\w+):?\s+(\d+)/gm);
  return Object.fromEntries([...lines].map(([, name, number]) => [name, Number(number) * unit]));
}
