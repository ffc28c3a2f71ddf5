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
