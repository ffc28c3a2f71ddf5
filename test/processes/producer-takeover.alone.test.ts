import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attachConsumer, createSegment, inspectSegment, type Message } from '../../src/index.js';
import type { ProduceNumbered } from '../programs/produce-numbered.js';
import { Program } from '../support/program.js';
import { scratchDirectory } from '../support/scratch.js';
import { StandbyPool } from '../support/standby-pool.js';
import { endAllProcesses } from '../support/started-process.js';
import { together } from '../support/together.js';
import { consumeUntil } from './consuming.js';
import { killInSuccession } from './kill-in-succession.js';
import { Succession } from './succession.js';

/** In all, 500 and more in a long run; one in five is killed beside a producer that lives. */
const KILLS = Number(process.env.HERMES_TEST_KILLS ?? 100);
const KILLS_BESIDE_ANOTHER = Math.ceil(KILLS / 5);
const KILLS_ALONE = KILLS - KILLS_BESIDE_ANOTHER;
const TIMEOUT_MS = 120_000 + KILLS * 500;
const SEGMENT = 'numbers';
const PROGRAM = 'produce-numbered';

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(endAllProcesses);

function commandOf(generation: number, countsFile: string, paceMs: number): ProduceNumbered {
  return { segment: SEGMENT, directory, generation, countsFile: path.join(directory, countsFile), paceMs };
}

describe('a producer that is killed at a random moment', () => {
  test(`hands its lane over whole: ${KILLS_ALONE} times`, { timeout: TIMEOUT_MS }, async ({ annotate }) => {
    createSegment(SEGMENT, { directory, producers: 1, capacity: 65_536, maxPayload: 2000 });
    const pool = new StandbyPool(() => Program.start(PROGRAM));
    const lane = new Succession(0);
    let allKilled = false;
    using consumer = attachConsumer(SEGMENT, { directory });
    await together(
      (signal) =>
        consumeUntil(
          consumer,
          (message) => lane.check(message),
          () => allKilled || signal.aborted,
        ),
      async (signal) => {
        await killInSuccession({ pool, kills: KILLS_ALONE, commandOf: (it) => commandOf(it, '.counts', 0), signal });
        allKilled = true;
      },
    );
    lane.checkComplete(path.join(directory, '.counts'));
    const [inspected] = inspectSegment(SEGMENT, { directory }).lanes;
    expect(inspected?.messages).toBe(lane.sequence);
    await annotate(`${lane.generations} of ${KILLS_ALONE} sent something: ${lane.sequence} messages`);
    // Otherwise little was tested: those that were killed while they started have nothing to show.
    expect(lane.generations).toBeGreaterThan(KILLS_ALONE / 4);
  });

  test(`does no harm to the lane of another producer: ${KILLS_BESIDE_ANOTHER} times`, {
    timeout: TIMEOUT_MS,
  }, async ({ annotate }) => {
    createSegment(SEGMENT, { directory, producers: 2, maxPayload: 2000, checksum: true });
    const steady = Program.start(PROGRAM);
    steady.command(commandOf(0, '.steady', 1));
    expect(await steady.next<number>('attached')).toBe(0);
    const pool = new StandbyPool(() => Program.start(PROGRAM));
    const lanes = [new Succession(0), new Succession(1)];
    let allKilled = false;
    using consumer = attachConsumer(SEGMENT, { directory });
    const check = (message: Message) => lanes[message.lane]!.check(message);
    await together(
      (signal) => consumeUntil(consumer, check, () => allKilled || signal.aborted),
      async (signal) => {
        await killInSuccession({
          pool,
          kills: KILLS_BESIDE_ANOTHER,
          commandOf: (it) => commandOf(it, '.counts', 0),
          signal,
        });
        steady.checkAlive();
        steady.kill();
        await steady.exited;
        allKilled = true;
      },
    );
    lanes[0]!.checkComplete(path.join(directory, '.steady'));
    lanes[1]!.checkComplete(path.join(directory, '.counts'));
    await annotate(
      `${lanes[0]!.sequence} messages beside ${lanes[1]!.sequence} of ${lanes[1]!.generations} that were killed`,
    );
    expect(lanes[0]!.generations).toBe(1);
    expect(lanes[1]!.generations).toBeGreaterThan(KILLS_BESIDE_ANOTHER / 4);
  });
});
