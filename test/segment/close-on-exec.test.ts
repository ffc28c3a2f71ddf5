import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  attachRecorder,
  Coordinator,
  createSegment,
  openJournal,
} from '../../src/index.js';
import { offerNumbers } from '../support/attached-pair.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';

const O_CLOEXEC = 0o2_000_000;

/** The descriptors of this process that lead into a directory: where to, and with which flags. */
function descriptorsInto(directory: string): { target: string; flags: number }[] {
  return fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = fs.readlinkSync(`/proc/self/fd/${fd}`);
      if (!target.startsWith(directory)) return [];
      const [, flags] = /^flags:\s+(\d+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'ascii')) ?? [];
      return [{ target: target.slice(directory.length + 1), flags: Number.parseInt(flags!, 8) }];
    } catch {
      return []; // the one that lists them
    }
  });
}

test('no program that is started inherits a descriptor: an inherited one would keep the locks of the dead', async () => {
  const directory = scratchDirectory();
  const options = { directory };
  createSegment('ticks', { ...SMALL, producers: 2, maxGroups: 4, members: 2, directory });
  using _coordinator = new Coordinator({ directory });
  using _recorder = attachRecorder('ticks', { ...options, to: path.join(directory, 'recorded') });
  using producer = attachProducer('ticks', { ...options, journal: path.join(directory, 'produced') });
  using _lossy = attachConsumer('ticks', { ...options, group: 'tail', mode: 'lossy' });
  using shared = attachConsumer('ticks', { ...options, group: 'work', shared: true });
  shared.poll(() => {}); // it knows the lanes now
  const waiting = shared.waitAsync(); // on its FIFO, which the producer opens to ring it
  offerNumbers(producer, 0, 3);
  await waiting;
  shared.poll(() => {});
  shared.wait({ timeout: 1 }); // on a descriptor of its own
  using _reader = openJournal(path.join(directory, 'produced'));
  const found = descriptorsInto(directory);
  for (const name of ['ticks', '.coordinator', 'recorded/.journal', 'produced/.journal']) {
    expect(found.map(({ target }) => target)).toContain(name);
  }
  expect(found.filter(({ target }) => target.startsWith('.bell-')).length).toBe(2);
  for (const { target, flags } of found) expect(flags & O_CLOEXEC, target).toBe(O_CLOEXEC);
  const inherited = spawnSync('sh', ['-c', 'ls -l /proc/self/fd'], { encoding: 'utf8', stdio: 'pipe' });
  expect(inherited.stdout).toContain('/proc/');
  expect(inherited.stdout).not.toContain(directory);
});
