import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CreateOptions, inspectSegment } from '../../src/index.js';
import type { ExchangeEnds } from '../programs/exchange-ends.js';
import { Program } from '../support/program.js';
import { scratchDirectory } from '../support/scratch.js';
import { endAllProcesses } from '../support/started-process.js';
import type { HeapReport } from './heap-watch.js';
import { createRaisedSegment } from './raised-segment.js';

const SEGMENT = 'heap';
const NODE_OPTIONS = ['--max-semi-space-size=1'];
const NEW_SPACE_LENGTH = 1024 * 1024;
const MESSAGES = 10_000_000;
const CHECKSUMMED_MESSAGES = 2_000_000;
const WARM_UP_MESSAGES = 2_000_000;
/** A late optimization makes some garbage once in many runs; what an end itself makes, it makes in each. */
const RUNS = 2;
const PAUSE_MS = 0.1;
/**
 * A producer that finds no room looks for dead participants, at most once in 32 refusals; a look is no part of the hot
 * path, and makes some garbage.
 */
const REFUSALS_PER_LOOK = 32;
const MOST_GARBAGE_OF_LOOK = 16 * 1024;

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(endAllProcesses);

function start(role: ExchangeEnds['role'], messages: number): Program {
  const child = Program.start('exchange-ends', { execArgv: NODE_OPTIONS });
  const command: ExchangeEnds = {
    segment: SEGMENT,
    directory,
    role,
    warmUpMessages: WARM_UP_MESSAGES,
    messages,
    runs: RUNS,
    pauseMs: PAUSE_MS,
  };
  child.command(command);
  return child;
}

/** The collections of the better run of each end, and how often the producer was refused. */
async function exchange(messages: number): Promise<{ producer: number; consumer: number; refusals: number }> {
  const ends = [start('producer', messages), start('consumer', messages)];
  const measured = await Promise.all(ends.map((end) => end.next<HeapReport[]>('measured')));
  const [producer, consumer] = measured.map((runs) => Math.min(...runs.map(({ collections }) => collections)));
  const refusals = inspectSegment(SEGMENT, { directory }).lanes[0]!.backPressured;
  return { producer: producer!, consumer: consumer!, refusals };
}

function garbageOfLooks(refusals: number): number {
  return Math.floor(((refusals / REFUSALS_PER_LOOK) * MOST_GARBAGE_OF_LOOK) / NEW_SPACE_LENGTH);
}

describe('a producer and a consumer in two processes, once optimized', () => {
  test.for<[string, CreateOptions, number]>([
    ['timestamps', { timestamps: true }, MESSAGES],
    ['no timestamps', { timestamps: false }, MESSAGES],
    ['a checksum', { checksum: true }, CHECKSUMMED_MESSAGES],
  ])('make no garbage with %s', async ([, shape, messages], { annotate }) => {
    createRaisedSegment(SEGMENT, 0, { ...shape, directory });
    const { producer, consumer, refusals } = await exchange(messages);
    await annotate(`producer ${producer}, consumer ${consumer} collections; ${refusals} refusals`);
    expect(consumer).toBe(0);
    expect(producer).toBeLessThanOrEqual(garbageOfLooks(refusals));
  });

  test('the consumer makes none beyond the first 4 GiB of a lane either', async () => {
    createRaisedSegment(SEGMENT, 2 ** 32, { directory });
    expect(await exchange(MESSAGES)).toMatchObject({ consumer: 0 });
  });
});
