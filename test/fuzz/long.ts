/**
 * The fuzz tests for as long as one likes: `node dist/test/fuzz/long.js --minutes 10 --seed 1`. Ends with 1 at the first
 * failure, and says how to repeat it.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { scenario } from './operations.js';
import { runScenario } from './semantics.js';
import { watchCorruption } from './watch-corruption.js';

const RUNS_PER_ROUND = 200;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' } },
});
const end = performance.now() + Number(values.minutes) * 60_000;
let seed = Number(values.seed);
if (!(Number(values.minutes) > 0) || !Number.isSafeInteger(seed)) throw new Error('give --minutes n and --seed s');

for (let round = 1; ; round++, seed += RUNS_PER_ROUND) {
  const details = fc.check(fc.property(scenario, runScenario), { seed, numRuns: RUNS_PER_ROUND });
  if (details.failed) fail(await fc.asyncDefaultReportMessage(details));
  const { failure } = await watchCorruption(seed, RUNS_PER_ROUND);
  if (failure !== null) fail(failure);
  console.log(
    `round ${round}, seed ${seed}: ${RUNS_PER_ROUND} scenarios and ${RUNS_PER_ROUND} damaged segments, no failure`,
  );
  if (performance.now() >= end) break;
}

function fail(text: string | undefined): never {
  console.error(text);
  process.exit(1);
}
