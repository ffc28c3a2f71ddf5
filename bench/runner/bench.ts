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

/** What a contestant carries: the same for all, so that only the carrying differs. */
export interface Workload {
  readonly payloadLength: number;
  /** Messages that are measured, or round trips. */
  readonly messageCount: number;
  /** Carried before those, but not measured. */
  readonly warmUpCount: number;
}

/** Bytes of payloads that are compared one by one: as long as that goes on, it is what a message of 64 KiB costs. */
const COMPARED_LENGTH: number = 2 ** 27;

/**
 * How many messages at the start of the warm-up are compared byte by byte. Of each other message, its number is compared, the pattern
 * that depends on it, and one byte that moves through the middle.
 */
export function comparedCount({ payloadLength, warmUpCount }: Workload): number {
  return Math.min(warmUpCount, COMPARED_LENGTH / payloadLength);
}

/** The ends of a measurement. The first of each pair measures, and is pinned to the first core. */
export type End = 'receiver' | 'sender' | 'pinger' | 'echo';

export type Measure = 'throughput' | 'round-trip';

export function endsOf(measure: Measure): readonly [End, End] {
  return measure === 'throughput' ? ['receiver', 'sender'] : ['pinger', 'echo'];
}

export function totalCount(workload: Workload): number {
  return workload.warmUpCount + workload.messageCount;
}

/** A measurement takes at least this many messages, however slow the contestant is. */
const LEAST_COUNT = 200;
const MOST_COUNT = 50_000_000;
/**
 * Enough for V8 to have compiled all that is called for every message: it does after 50,000 to 150,000, and until then a
 * message takes up to ten times as long. A contestant that carries fewer in the measured time
 * gets as many as it is measured by.
 */
const MOST_WARM_UP_COUNT = 300_000;

/** The least share of its expected rate that a contestant is given: one slow turn must not make the next one cold. */
const LEAST_SHARE = 0.25;

/**
 * A workload that takes about `seconds`, by what the contestant did in the round before, or else by what it is taken to
 * do in a second.
 */
export function workloadFor(
  payloadLength: number,
  seconds: number,
  guessPerSecond: number,
  previousPerSecond: number = guessPerSecond,
): Workload {
  const perSecond = Math.max(previousPerSecond, guessPerSecond * LEAST_SHARE);
  const messageCount = Math.round(Math.min(Math.max(perSecond * seconds, LEAST_COUNT), MOST_COUNT));
  return {
    payloadLength,
    messageCount,
    warmUpCount: Math.min(messageCount, MOST_WARM_UP_COUNT),
  };
}
