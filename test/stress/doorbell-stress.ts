import { parseArgs } from 'node:util';
import { Random } from '../support/random.js';
import { Round, type RoundResult } from './round.js';
import { chooseSeats, describeSeats } from './topology.js';

/*
 * The stress of the doorbells: `node dist/test/stress/doorbell-stress.js --minutes 3 [--seed n] [--json]`. Producers and
 * consumers in processes of their own, with random pauses, fall asleep and are woken all the time. Rounds without kills have
 * no safety net (see `test/programs/without-safety-net.ts`): a lost wake-up is a hang. In rounds with kills somebody dies all the
 * time, and the safety net is there. Every message is accounted for. Chance follows the seed; the times of the machine do not.
 */

const LONGEST_ROUND_MS = 8000;
const FEWEST_ROUNDS = 6;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
    /** Only rounds of one kind. */
    kills: { type: 'string', default: 'both' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
if (!(minutes > 0) || !Number.isInteger(seed) || !['both', 'with', 'without'].includes(values.kills)) {
  console.error('Usage: stress [--minutes n] [--seed n] [--kills both|with|without] [--json]');
  process.exit(2);
}

type Totals = Omit<RoundResult, 'violations'> & { readonly rounds: number };

const totals: Record<'without kills' | 'with kills', Totals> = { 'without kills': empty(), 'with kills': empty() };
const violations: string[] = [];
const startedMs = performance.now();
const random = new Random(seed);
const totalMs = minutes * 60_000;

for (let round = 0; performance.now() - startedMs < totalMs && violations.length === 0; round++) {
  const kills = values.kills === 'with' || (values.kills === 'both' && round % 2 === 1);
  const seats = chooseSeats(values.kills === 'both' ? round >> 1 : round, random);
  const durationMs = Math.min(LONGEST_ROUND_MS, totalMs / FEWEST_ROUNDS);
  const result = await new Round({ seats, random, durationMs, kills }).run();
  const kind = kills ? 'with kills' : 'without kills';
  totals[kind] = sum(totals[kind], result);
  violations.push(...result.violations);
  if (!values.json) console.log(`${kind}: ${describeSeats(seats)}: ${describe({ ...result, rounds: 1 })}`);
}

const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
if (values.json) {
  console.log(JSON.stringify({ seed, seconds, ...totals, violations }));
} else {
  console.log(`\nseed ${seed}, ${seconds} s`);
  for (const [kind, result] of Object.entries(totals))
    console.log(`${kind}: ${result.rounds} rounds, ${describe(result)}`);
  for (const violation of violations) console.log(`VIOLATION: ${violation}`);
  console.log(violations.length === 0 ? 'clean' : `${violations.length} VIOLATIONS`);
}
process.exit(violations.length === 0 ? 0 : 1);

function empty(): Totals {
  return { rounds: 0, messages: 0, handled: 0, repeated: 0, kills: 0, consumerSleeps: 0, producerSleeps: 0 };
}

function sum(before: Totals, result: RoundResult): Totals {
  return {
    rounds: before.rounds + 1,
    messages: before.messages + result.messages,
    handled: before.handled + result.handled,
    repeated: before.repeated + result.repeated,
    kills: before.kills + result.kills,
    consumerSleeps: before.consumerSleeps + result.consumerSleeps,
    producerSleeps: before.producerSleeps + result.producerSleeps,
  };
}

function describe({ messages, handled, repeated, kills, consumerSleeps, producerSleeps }: Totals): string {
  const killed = kills > 0 ? `, ${kills} kills, ${repeated} messages again` : '';
  return `${messages} messages, handled ${handled}, asleep and awake again: consumers ${consumerSleeps}, producers ${producerSleeps}${killed}`;
}
