import type { Bench } from './bench.js';
import { VerificationError } from './contestant.js';

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

/**
 * Measures A B C …, then A B C … again: whatever else the machine does meets all of them. An entry that fails is left
 * out from then on; one whose messages came to harm ends everything. The samples of the first turn, which only warms up
 * and tells how fast each is, are thrown away, unless there is to be no such turn.
 */
export async function interleave<Sample>(
  { profile, interrupted, progress }: Pick<Bench, 'profile' | 'interrupted' | 'progress'>,
  title: string,
  entries: readonly Entry<Sample>[],
  uncountedTurns: 0 | 1 = 1,
): Promise<Rounds<Sample>> {
  const taken = new Map<string, Sample[]>(entries.map(({ key }) => [key, []]));
  const failures = new Map<string, string>();
  for (let round = 1 - uncountedTurns; round <= profile.rounds; round++) {
    progress(`${title}: ${round === 0 ? 'warming up' : `round ${round} of ${profile.rounds}`}`);
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
  const counted = [...taken].filter(([key]) => !failures.has(key));
  return { samples: new Map(counted.map(([key, all]) => [key, all.slice(uncountedTurns)])), failures };
}
