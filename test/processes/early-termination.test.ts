import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { attachProducer, createSegment } from '../../src/index.js';
import { randomMoments } from '../support/random-moments.js';
import { scratchDirectory } from '../support/scratch.js';

const program = fileURLToPath(new URL('../programs/terminate-early.js', import.meta.url));

test('workers that are terminated in their first calls take nobody along, and leave their lanes', () => {
  const directory = scratchDirectory();
  createSegment('slots', { directory, producers: 1 });
  const args = [program, directory, '40', `${randomMoments().seed()}`];
  const { status, signal, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ status, signal, stdout }).toEqual({ status: 0, signal: null, stdout: 'survived\n' });
  attachProducer('slots', { directory }).detach();
});
