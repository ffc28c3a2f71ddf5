import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  Coordinator,
  createSegment,
  inspectSegment,
  listSegments,
  removeSegment,
} from '../../src/index.js';
import { Child } from '../support/child.js';
import type { NamedCall } from '../support/named-call.js';
import { canMountDisk, diskFileSystem, fillUp } from '../support/other-file-systems.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory } from '../support/scratch.js';
import { canMount, smallFileSystem } from '../support/small-file-system.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import { until } from '../support/until.js';

/** Stores to all of a segment, many times over; dies where a page has no memory. */
const USING = `
  import { attachConsumer, attachProducer } from 'hermes:index.js';
  const [, directory, name] = process.argv;
  const producer = attachProducer(name, { directory });
  const consumer = attachConsumer(name, { directory });
  let received = 0;
  for (let i = 0; i < 1000; i++) {
    producer.offer(Buffer.alloc(1000, i));
    received += consumer.poll(() => {});
  }
  console.log(received);
  process.exit();`;

async function expectUsable(directory: string, name = 'ticks'): Promise<void> {
  const child = Child.start(USING, directory, name);
  expect(await child.line()).toBe('1000');
  expect(await child.ended).toBe(0);
}

/** Every way to map a segment but to remove it. */
function expectNoSpace(directory: string, name = 'ticks'): void {
  for (const use of [
    () => attachProducer(name, { directory }),
    () => attachConsumer(name, { directory }),
    () => inspectSegment(name, { directory }),
    () => removeSegment(name, { directory }),
  ])
    expect(codeOf(use)).toBe('ERR_HERMES_NO_SPACE');
}

const HOLES: Record<string, (file: string) => void> = {
  'digs holes into it': (file) => spawnSync('fallocate', ['--dig-holes', file]),
  'copies it without its zeros': (file) => {
    spawnSync('cp', ['--sparse=always', file, `${file}.copy`]);
    fs.renameSync(`${file}.copy`, file);
  },
};

describe.skipIf(!canMount)('somebody', () => {
  test.each(Object.entries(HOLES))(
    '%s: on a full disk that is said, and with room it is whole again',
    async (_, dig) => {
      const directory = smallFileSystem(512 * 1024);
      createSegment('ticks', { ...SMALL, directory });
      dig(path.join(directory, 'ticks'));
      const makeRoom = fillUp(directory);
      expectNoSpace(directory);
      expect(listSegments({ directory })).toMatchObject([{ name: 'ticks', error: { code: 'ERR_HERMES_NO_SPACE' } }]);
      makeRoom();
      await expectUsable(directory);
      fillUp(directory);
      await expectUsable(directory);
    },
  );

  test('digs holes, and a coordinator tells of it until there is room', async () => {
    const directory = smallFileSystem(512 * 1024);
    createSegment('ticks', { ...SMALL, directory });
    fs.writeFileSync(path.join(directory, '.coordinator'), ' '.repeat(4096));
    spawnSync('fallocate', ['--dig-holes', path.join(directory, 'ticks')]);
    const makeRoom = fillUp(directory);
    const coordinator = new Coordinator({ directory });
    onTestFinished(() => coordinator.stop());
    expect(coordinator.segments.ticks!.error).toContain('ERR_HERMES_NO_SPACE');
    makeRoom();
    await until(() => coordinator.segments.ticks!.error === null);
  });

  test('digs holes, and it can be removed by force where there is no room', () => {
    const directory = smallFileSystem(512 * 1024);
    createSegment('ticks', { ...SMALL, directory });
    spawnSync('fallocate', ['--dig-holes', path.join(directory, 'ticks')]);
    fillUp(directory);
    removeSegment('ticks', { directory, force: true });
    expect(listSegments({ directory })).toEqual([]);
  });
});

describe.skipIf(!canMountDisk('btrfs'))('on btrfs', () => {
  test('a segment is refused, with what to do, and nothing is left', () => {
    const directory = path.join(diskFileSystem('btrfs'), 'segments');
    const error = thrownBy(() => createSegment('ticks', { ...SMALL, directory }));
    expect([error.code, error.message]).toEqual([
      'ERR_HERMES_INVALID_OPTION',
      expect.stringMatching(/The segment ticks is on btrfs.*tmpfs/),
    ]);
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('one that is there can be looked at, and removed by force, and no more', () => {
    const made = scratchDirectory();
    createSegment('ticks', { ...SMALL, directory: made });
    const directory = diskFileSystem('btrfs');
    fs.chmodSync(directory, 0o700);
    fs.copyFileSync(path.join(made, 'ticks'), path.join(directory, 'ticks'));
    expect(codeOf(() => attachProducer('ticks', { directory }))).toBe('ERR_HERMES_INVALID_OPTION');
    expect(codeOf(() => attachConsumer('ticks', { directory }))).toBe('ERR_HERMES_INVALID_OPTION');
    expect(inspectSegment('ticks', { directory }).producers).toBe(1);
    removeSegment('ticks', { directory, force: true });
    expect(fs.readdirSync(directory)).toEqual([]);
  });
});

test.runIf(canMountDisk('xfs'))('on XFS a copy that shares its blocks is no danger to who attaches', async () => {
  const directory = diskFileSystem('xfs');
  createSegment('ticks', { ...SMALL, directory });
  spawnSync('cp', ['--reflink=always', path.join(directory, 'ticks'), path.join(directory, '.copy')]);
  const makeRoom = fillUp(directory);
  expect(codeOf(() => attachProducer('ticks', { directory }))).toBe('ERR_HERMES_NO_SPACE');
  makeRoom();
  attachProducer('ticks', { directory }).detach();
  attachConsumer('ticks', { directory }).detach(); // each has made its FIFO
  fillUp(directory);
  await expectUsable(directory);
});

test('a limit of file sizes is told as what it is', () => {
  const directory = scratchDirectory();
  const hermes = new URL('../../../bin/hermes.js', import.meta.url).pathname;
  const command = `ulimit -f 100 && exec "$0" "$@"`;
  const args = [process.execPath, hermes, '--directory', directory, 'create', 'ticks'];
  const { status, stderr } = spawnSync('bash', ['-c', command, ...args], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/ERR_HERMES_NO_SPACE.*ulimit -f/) });
  expect(fs.readdirSync(directory)).toEqual([]);
});

test('a file that was cut is refused in words, by whoever comes', () => {
  const directory = scratchDirectory();
  for (const length of [0, 100, 4096, 60_000]) {
    createSegment('ticks', { ...SMALL, directory });
    fs.truncateSync(path.join(directory, 'ticks'), length);
    for (const use of [attachProducer, attachConsumer, inspectSegment, removeSegment] as NamedCall[])
      expect(codeOf(() => use('ticks', { directory }))).toBe('ERR_HERMES_CORRUPT_SEGMENT');
    removeSegment('ticks', { directory, force: true });
  }
});

test('nobody but its owner may cut a segment, whatever the umask', () => {
  const directory = scratchDirectory();
  const before = process.umask(0);
  try {
    createSegment('ticks', { ...SMALL, directory });
  } finally {
    process.umask(before);
  }
  expect(fs.statSync(path.join(directory, 'ticks')).mode & 0o777).toBe(0o600);
});
