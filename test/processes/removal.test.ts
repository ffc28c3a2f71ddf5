import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attachProducer, createSegment, inspectSegment, removeSegment } from '../../src/index.js';
import type { RunUntilError } from '../programs/run-until-error.js';
import { type Failure, Program } from '../support/program.js';
import { randomMoments } from '../support/random-moments.js';
import { scratchDirectory } from '../support/scratch.js';
import { endAllProcesses } from '../support/started-process.js';
import { until } from '../support/until.js';

const SEGMENT = 'removed';
const RUNS = 5;

let directory: string;
beforeEach(() => {
  directory = scratchDirectory();
});
afterEach(endAllProcesses);

async function start(role: RunUntilError['role']): Promise<Program> {
  const child = Program.start('run-until-error');
  const command: RunUntilError = { segment: SEGMENT, directory, role };
  child.command(command);
  await child.next('attached');
  return child;
}

const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe('a segment that is removed while processes use it', () => {
  test('unforced: is refused, and names them', async () => {
    createSegment(SEGMENT, { directory });
    const running = [await start('producer'), await start('consumer')];
    for (const { pid } of running) {
      const message = expect.stringMatching(new RegExp(`\\b${pid}\\b`));
      expect(() => removeSegment(SEGMENT, { directory })).toThrow(expect.objectContaining({ message }));
    }
    expect(() => removeSegment(SEGMENT, { directory })).toThrow(code('ERR_HERMES_BUSY'));
    expect(inspectSegment(SEGMENT, { directory }).isRemoved).toBe(false);
  });

  test('forced: ends both sides with ERR_HERMES_REMOVED, and the name is free', async () => {
    const moments = randomMoments();
    for (let run = 0; run < RUNS; run++) {
      createSegment(SEGMENT, { directory, capacity: 65_536 });
      const running = [await start('producer'), await start('consumer')];
      await setTimeout(moments.fraction() * 20);
      removeSegment(SEGMENT, { directory, force: true });
      expect(fs.readdirSync(directory)).toEqual([]);
      expect(() => attachProducer(SEGMENT, { directory })).toThrow(code('ERR_HERMES_SEGMENT_NOT_FOUND'));
      const failures = await Promise.all(running.map((child) => child.next<Failure>('failed')));
      expect(failures.map((failure) => failure.code)).toEqual(['ERR_HERMES_REMOVED', 'ERR_HERMES_REMOVED']);
      expect(await Promise.all(running.map((child) => child.exited))).toEqual([
        { code: 1, signal: null },
        { code: 1, signal: null },
      ]);
    }
  });

  test('forced: ends a producer that waits for room, and a consumer that has nothing to read', async () => {
    createSegment(SEGMENT, { directory, capacity: 65_536 });
    const producer = await start('producer');
    await until(() => inspectSegment(SEGMENT, { directory }).lanes[0]!.backPressured > 0);
    removeSegment(SEGMENT, { directory, force: true });
    expect((await producer.next<Failure>('failed')).code).toBe('ERR_HERMES_REMOVED');

    createSegment(SEGMENT, { directory });
    const consumer = await start('consumer');
    await setTimeout(20);
    removeSegment(SEGMENT, { directory, force: true });
    expect((await consumer.next<Failure>('failed')).code).toBe('ERR_HERMES_REMOVED');
  });
});
