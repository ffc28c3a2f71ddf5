import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attachConsumer, attachProducer, createSegment, removeSegment } from '../../src/index.js';
import type { Create } from '../programs/create.js';
import { Program } from '../support/program.js';
import { randomMoments } from '../support/random-moments.js';
import { scratchDirectory } from '../support/scratch.js';
import { StandbyPool } from '../support/standby-pool.js';
import { endAllProcesses } from '../support/started-process.js';

const KILLS = Number(process.env.HERMES_TEST_CREATE_KILLS ?? 40);
const SERIES = 20;
const SEGMENT = 'half-made';
/** Milliseconds, to begin with: see `latest`. */
const FIRST_LATEST_MS = 30;
/** Large enough that most of the time goes into its allocation: 64 MiB. */
const SHAPE = { producers: 4, capacity: 16 * 1024 * 1024 } as const;
const payload: Buffer = Buffer.alloc(65_536, 'whole');

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(endAllProcesses);

/** All of its memory is there, and `length` bytes go through each lane. */
function checkUsable(length: number): void {
  const { size, blocks } = fs.statSync(path.join(directory, SEGMENT));
  expect(blocks * 512).toBeGreaterThanOrEqual(size);
  const producers = Array.from({ length: SHAPE.producers }, () => attachProducer(SEGMENT, { directory }));
  using consumer = attachConsumer(SEGMENT, { directory });
  for (const producer of producers) {
    for (let sent = 0; sent < length; sent += payload.length) {
      expect(producer.offer(payload)).toBeGreaterThan(0);
      expect(consumer.poll((message) => expect(message.payload.equals(payload)).toBe(true))).toBe(1);
    }
    producer.detach();
  }
}

describe('a creator that is killed at a random moment', () => {
  test(`leaves a whole segment or nothing at all: ${KILLS} times`, { timeout: 60_000 + KILLS * 500 }, async ({
    annotate,
  }) => {
    const pool = new StandbyPool(() => Program.start('create'));
    // Killed within 0 to `latest` ms, which follows the time that a creation takes, so that half of them are too late.
    let latest = FIRST_LATEST_MS;
    const moments = randomMoments();
    const outcomes = { none: 0, whole: 0 };
    for (let kill = 0; kill < KILLS; kill++) {
      if (pool.size === 0) await pool.fill(Math.min(SERIES, KILLS - kill));
      const creator = pool.take();
      const command: Create = { segment: SEGMENT, options: { ...SHAPE, directory } };
      creator.command(command);
      await setTimeout(moments.fraction() * latest);
      creator.kill();
      await creator.exited;
      const left = fs.readdirSync(directory);
      if (left.length === 0) {
        outcomes.none++;
        latest *= 1.1;
        continue;
      }
      outcomes.whole++;
      latest /= 1.1;
      expect(left).toEqual([SEGMENT]);
      checkUsable(outcomes.whole <= 3 ? 2 * SHAPE.capacity : payload.length);
      removeSegment(SEGMENT, { directory });
    }
    await annotate(`${outcomes.whole} whole, ${outcomes.none} none`);
    // Otherwise the moments were nearly all too early, or too late.
    expect(outcomes.none).toBeGreaterThan(KILLS / 10);
    expect(outcomes.whole).toBeGreaterThan(KILLS / 10);
    createSegment(SEGMENT, { ...SHAPE, directory });
  });
});
