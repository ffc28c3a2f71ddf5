import path from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attachProducer, createSegment, inspectSegment, type Producer } from '../../src/index.js';
import type { ConsumeNumbered } from '../programs/consume-numbered.js';
import { numberedPayload } from '../support/numbered-payload.js';
import { Program } from '../support/program.js';
import { scratchDirectory } from '../support/scratch.js';
import { StandbyPool } from '../support/standby-pool.js';
import { endAllProcesses } from '../support/started-process.js';
import { together } from '../support/together.js';
import { readHandledLog } from './handled-log.js';
import { killInSuccession } from './kill-in-succession.js';
import { checkRedelivery } from './redelivery.js';

/** 500 and more in a long run. */
const KILLS = Number(process.env.HERMES_TEST_CONSUMER_KILLS ?? 60);
const TIMEOUT_MS = 120_000 + KILLS * 500;
const SEGMENT = 'numbers';
const PROGRAM = 'consume-numbered';
const LANES = 2;
/** Messages of a poll: no power of two, so that batches and the lane's end fall together in every way. */
const LIMIT = 50;

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(endAllProcesses);

/** Keeps the lanes full, message after message, until the signal or `isDone` ends it. How many each lane got. */
async function produceUntil(producers: readonly Producer[], isDone: () => boolean): Promise<number[]> {
  const counts = producers.map(() => 0);
  while (!isDone()) {
    let refused = 0;
    for (const producer of producers) {
      const { lane } = producer;
      for (let i = 0; i < LIMIT; i++) {
        if (producer.offer(numberedPayload(lane, counts[lane]!)) < 0) {
          refused++;
          break;
        }
        counts[lane]!++;
      }
    }
    await (refused === producers.length ? setTimeout(1) : setImmediate());
  }
  return counts;
}

describe('a consumer of a durable group that is killed at a random moment', () => {
  test(`is succeeded without loss, with at most one batch again: ${KILLS} times`, { timeout: TIMEOUT_MS }, async ({
    annotate,
  }) => {
    createSegment(SEGMENT, { directory, producers: LANES, capacity: 131_072, maxPayload: 2000 });
    const logFile = path.join(directory, '.handled');
    const commandOf = (generation: number): ConsumeNumbered => {
      return { segment: SEGMENT, directory, generation, logFile, limit: LIMIT };
    };
    const producers = Array.from({ length: LANES }, () => attachProducer(SEGMENT, { directory }));
    let produced: number[] = [];
    let allKilled = false;
    await together(
      async (signal) => {
        produced = await produceUntil(producers, () => allKilled || signal.aborted);
      },
      async (signal) => {
        await killInSuccession({
          pool: new StandbyPool(() => Program.start(PROGRAM)),
          kills: KILLS,
          commandOf,
          signal,
        });
        allKilled = true;
      },
    );
    const last = Program.start(PROGRAM);
    last.command(commandOf(KILLS));
    while (inspectSegment(SEGMENT, { directory }).groups[0]!.lagLength > 0) {
      last.checkAlive();
      await setTimeout(5);
    }
    for (const producer of producers) producer.detach();
    const { handled, repeated, repeatingChanges } = checkRedelivery(readHandledLog(logFile), LANES, LIMIT);
    await annotate(`${produced.join(' + ')} messages, ${repeated} again after ${repeatingChanges} of ${KILLS} kills`);
    expect(handled).toEqual(produced);
    // Otherwise none was killed in the middle of a batch, and little was tested.
    expect(repeatingChanges).toBeGreaterThan(KILLS / 10);
    expect(repeated).toBeLessThanOrEqual(repeatingChanges * LIMIT);
  });
});
