import { onTestFailed } from 'vitest';
import { Random } from './random.js';

/** For the moments of a test, which are others in each run, unless HERMES_TEST_SEED says which; a test that fails says which they were. */
export function randomMoments(): Random {
  const seed = Number(process.env.HERMES_TEST_SEED ?? Date.now() % 2 ** 31);
  onTestFailed(() => console.error(`to have the same moments: HERMES_TEST_SEED=${seed}`));
  return new Random(seed);
}
