import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModelGroup, ModelSegment } from './model.js';
import { scenario } from './operations.js';
import { runScenario } from './semantics.js';

const RUNS = Number(process.env.HERMES_FUZZ_RUNS ?? 150);
const SEED = Number(process.env.HERMES_FUZZ_SEED ?? 20_260);

test(`a segment does what the model does, whatever is done to it (${RUNS} runs)`, {
  timeout: 120_000 + RUNS * 500,
}, () => {
  fc.assert(fc.property(scenario, runScenario), { seed: SEED, numRuns: RUNS });
});

test('the model tells a message that is lost, altered, doubled or out of order', () => {
  const segment = new ModelSegment(1);
  for (let i = 0; i < 4; i++) segment.lanes[0]!.push(segment.nextMessage(0, 20, 1));
  const group = new ModelGroup(new ModelSegment(1), 'g', 'reliable', false, true, 'latest');
  Object.assign(group, { segment });
  const message = (sequence: number, change: object = {}) =>
    ({
      lane: 0,
      lost: 0,
      redelivered: false,
      type: 1,
      sequence,
      payload: segment.lanes[0]![sequence]?.payload,
      ...change,
    }) as never;
  group.handed(message(0));
  expect(() => group.handed(message(0))).toThrow('came instead');
  expect(() => group.handed(message(2))).toThrow('came instead');
  expect(() => group.handed(message(1, { payload: Buffer.alloc(20) }))).toThrow('payload');
  expect(() => group.handed(message(1, { type: 2 }))).toThrow('type');
  expect(() => group.handed(message(9))).toThrow('never sent');
  expect(group.isDone).toBe(false);
});
