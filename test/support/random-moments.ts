import { onTestFailed } from 'vitest';
import { Random } from './random.js';

/** Chance for the moments of a test: another in each run, unless HERMES_TEST_SEED gives the seed. A test that fails tells its seed. */
export function randomMoments(): Random {
  const seed = Number(process.env.HERMES_TEST_SEED ?? Date.now() % 2 ** 31);
  onTestFailed(() => console.error(`to have the same moments: HERMES_TEST_SEED=${seed}`));
  return new Random(seed);
}
