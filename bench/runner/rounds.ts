import { VerificationError } from '../contestants/contestant.js';
import type { Bench } from './bench.js';

/** A figure and how far it spread over the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws RangeError when there is no value */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('no values: a spread needs one at least');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/**
 * What one was of the other in each round: neighbours in time, so that a machine that is slow for a while is slow for
 * both. Of rounds that both have.
 */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.slice(0, theirs.length).map((value, round) => value / theirs[round]!);
}

/** `12.3M (11.9M–12.8M)`: median, minimum and maximum. */
export function spreadText({ median, min, max }: Spread, format: (value: number) => string): string {
  return `${format(median)} (${format(min)}–${format(max)})`;
}

/** `1.16 ×`, `22 ×` */
export function timesText(value: number): string {
  return `${value >= 9.95 ? value.toFixed(0) : value.toFixed(2)} ×`;
}

/** One thing that is measured once in every round. */
export interface Entry<Sample> {
  readonly key: string;
  /** `previous` is what it gave in the round before. */
  measure(previous: Sample | undefined): Promise<Sample>;
}

export interface Rounds<Sample> {
  /** In the order of the rounds. Complete for every key that did not fail. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  /** Of those that could not be measured to the end: why. */
  readonly failures: ReadonlyMap<string, string>;
}

/** The same as it is kept: as JSON has it. */
export interface Recorded<Sample> {
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
  readonly failures: Readonly<Record<string, string>>;
}

export function recorded<Sample>({ samples, failures }: Rounds<Sample>): Recorded<Sample> {
  return { samples: Object.fromEntries(samples), failures: Object.fromEntries(failures) };
}

/**
 * Measures A B C …, then A B C … again: whatever else the machine does meets all of them. An entry that fails is left
 * out from then on; one whose messages came to harm ends everything.
 */
export async function interleave<Sample>(
  { profile, interrupted, progress }: Pick<Bench, 'profile' | 'interrupted' | 'progress'>,
  title: string,
  entries: readonly Entry<Sample>[],
  rounds: number = profile.rounds,
): Promise<Rounds<Sample>> {
  const taken = new Map<string, Sample[]>(entries.map(({ key }) => [key, []]));
  const failures = new Map<string, string>();
  for (let round = 1; round <= rounds; round++) {
    progress(`${title}: round ${round} of ${rounds}`);
    for (const { key, measure } of entries) {
      if (failures.has(key)) continue;
      try {
        taken.get(key)!.push(await measure(taken.get(key)!.at(-1)));
      } catch (error) {
        if (error instanceof VerificationError || interrupted.aborted) throw error;
        failures.set(key, (error as Error).message.split('\n')[0]!);
      }
    }
  }
  return { samples: new Map([...taken].filter(([key]) => !failures.has(key))), failures };
}
