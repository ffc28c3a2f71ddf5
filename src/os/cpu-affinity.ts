import { HermesError } from '../errors.js';
import { errnoName, libc } from './libc.js';

/** Bytes: of 8,192 CPUs, the most that Linux can be built for. */
const MASK_LENGTH = 1024;
/** In the place of a thread's id: the thread that calls. */
const SELF = 0;

let pinned: number | undefined;

/** The CPU that `pinThread` has pinned this thread to, if any. */
export function pinnedCpu(): number | undefined {
  return pinned;
}

/** The highest number that a CPU can have. */
export const MAX_CPU: number = MASK_LENGTH * 8 - 1;

/** The numbers of the CPUs that the calling thread may run on at present, rising. One system call. */
export function allowedCpus(): number[] {
  return numbersIn(affinity());
}

/**
 * Lets the calling thread run on one CPU only: the main thread, or a worker thread, and the threads that it starts from now on. Other
 * threads of the process stay where they are.
 * @returns what takes it back
 * @throws HermesError ERR_HERMES_INVALID_OPTION when the CPU is absent, or not among those of this process's cpuset
 */
export function pinThread(cpu: number): () => void {
  const before = affinity();
  if (setAffinity(SELF, maskOf(cpu)) !== 0) throw notAllowed(cpu, libc().errno(), before);
  const pinnedBefore = pinned;
  pinned = cpu;
  return () => {
    setAffinity(SELF, before);
    pinned = pinnedBefore;
  };
}

/** The same of the main thread of another process of ours. False if that is not to be had. */
export function pinProcess(pid: number, cpu: number): boolean {
  return setAffinity(pid, maskOf(cpu)) === 0;
}

function notAllowed(cpu: number, errno: number, before: Buffer): HermesError {
  // The kernel takes what is allowed out of all: those that a pinned thread may go to are more than it runs on.
  const allowed = setAffinity(SELF, Buffer.alloc(MASK_LENGTH, 0xff)) === 0 ? allowedCpus() : numbersIn(before);
  setAffinity(SELF, before);
  return new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `cpu is ${cpu}, on which this process may not run (${errnoName(errno)}): give one of ${rangesOf(allowed)}`,
  );
}

function affinity(): Buffer {
  const mask = Buffer.alloc(MASK_LENGTH);
  if (libc().schedGetaffinity(SELF, MASK_LENGTH, mask) === -1) {
    throw new HermesError('ERR_HERMES_SYSTEM', `The CPUs of this thread cannot be read: ${errnoName(libc().errno())}`);
  }
  return mask;
}

function setAffinity(thread: number, mask: Buffer): number {
  return libc().schedSetaffinity(thread, MASK_LENGTH, mask);
}

function maskOf(cpu: number): Buffer {
  const mask = Buffer.alloc(MASK_LENGTH);
  mask[cpu >>> 3] = 1 << (cpu & 7);
  return mask;
}

function numbersIn(mask: Buffer): number[] {
  return Array.from({ length: MASK_LENGTH * 8 }, (_, cpu) => cpu).filter((cpu) => (mask[cpu >>> 3]! >>> (cpu & 7)) & 1);
}

/** `0–3, 8`, of rising numbers. */
export function rangesOf(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(', ');
}
