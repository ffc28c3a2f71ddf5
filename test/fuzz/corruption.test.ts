import { expect, test } from 'vitest';
import { watchCorruption } from './watch-corruption.js';

const RUNS = Number(process.env.HERMES_FUZZ_RUNS ?? 150);
const SEED = Number(process.env.HERMES_FUZZ_SEED ?? 20_260);

test(`whatever byte of a segment changes while it is used, there are coded errors, and no crash, hang or wrong message (${RUNS} runs)`, {
  timeout: 120_000 + RUNS * 500,
}, async () => {
  const { total, failure } = await watchCorruption(SEED, RUNS);
  expect(failure).toBeNull();
  // The runs were about something: damage was done and found, and messages went through all the same.
  expect(total!.changes).toBeGreaterThan(RUNS * 10);
  expect(total!.errors).toBeGreaterThan(RUNS);
  expect(total!.sent).toBeGreaterThan(RUNS * 10);
  expect(total!.received).toBeGreaterThan(RUNS * 10);
});
