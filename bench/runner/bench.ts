import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** How much is measured. */
export interface Profile {
  readonly name: 'short' | 'full';
  /** Turns that every contestant has, interleaved with the others'. */
  readonly rounds: number;
  /** The same of the curves in which Hermes is alone. */
  readonly curveRounds: number;
  /** What a measurement of the comparison, and one of a point of a curve, should take: seconds. */
  readonly comparisonSeconds: number;
  readonly pointSeconds: number;
  /** Bytes. */
  readonly payloads: readonly number[];
  /** Producers, groups, members. */
  readonly crowds: readonly number[];
  readonly batches: readonly number[];
  readonly lanes: readonly number[];
  /** Messages a second. */
  readonly rates: readonly number[];
  /** For the count of garbage collections. */
  readonly heapMessages: number;
}

const KIB = 1024;

export const SHORT: Profile = {
  name: 'short',
  rounds: 5,
  curveRounds: 3,
  comparisonSeconds: 0.1,
  pointSeconds: 0.06,
  payloads: [16, KIB, 4 * KIB, 64 * KIB],
  crowds: [1, 8],
  batches: [1, 16, 128],
  lanes: [1, 16, 256],
  rates: [10_000, 100_000, 1_000_000, 4_000_000],
  heapMessages: 5_000_000,
};

export const FULL: Profile = {
  name: 'full',
  rounds: 11,
  curveRounds: 11,
  comparisonSeconds: 0.5,
  pointSeconds: 0.3,
  payloads: [16, 32, 64, 128, 256, 512, KIB, 2 * KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB],
  crowds: [1, 2, 3, 4, 6, 8],
  batches: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  lanes: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  rates: [10_000, 30_000, 100_000, 300_000, 1_000_000, 2_000_000, 4_000_000, 6_000_000, 8_000_000],
  heapMessages: 50_000_000,
};

/** Where a run keeps segments, files, sockets and what it compiles: in memory where that can be, and gone at its end. */
export interface Scratch {
  readonly directory: string;
  /** A path that nothing has used before. */
  fresh(label: string): string;
  [Symbol.dispose](): void;
}

export function makeScratch(): Scratch {
  const directory = fs.mkdtempSync(path.join(fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'hermes-bench-'));
  let count = 0;
  return {
    directory,
    fresh: (label) => path.join(directory, `${label}-${count++}`),
    [Symbol.dispose]: () => fs.rmSync(directory, { recursive: true, force: true }),
  };
}

/** What everything that measures is given. */
export interface Bench {
  readonly profile: Profile;
  readonly scratch: Scratch;
  readonly interrupted: AbortSignal;
  /** Tells people how far it is. */
  progress(text: string): void;
}

/** Bytes of a ring, whoever made it: the default of Hermes. */
export const RING_CAPACITY: number = 1024 * 1024;

/** Messages that are published together where nothing else is said. */
export const BATCH_COUNT = 16;

/** Bytes of a payload where nothing else is said. */
export const PAYLOAD_LENGTH = 64;
