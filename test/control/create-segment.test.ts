import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  attachConsumer,
  attachProducer,
  type CreateOptions,
  createSegment,
  inspectSegment,
  listSegments,
} from '../../src/index.js';
import { RECORD_HEADER_LENGTH } from '../../src/layout/record.js';
import { SMALL } from '../support/raw-segment.js';
import { scratchDirectory, withoutDoorbells } from '../support/scratch.js';
import { canMount, smallFileSystem } from '../support/small-file-system.js';
import { codeOf, thrownBy } from '../support/thrown.js';

const MIB = 1024 * 1024;

test('a segment has the shape that was asked for', () => {
  const directory = scratchDirectory();
  const options = { producers: 3, maxGroups: 5, members: 7, capacity: 262_144, maxPayload: 9999 };
  const created = createSegment('ticks', { ...options, checksum: true, timestamps: false, directory });
  expect(created).toEqual({ name: 'ticks', path: path.join(directory, 'ticks'), fileLength: created.fileLength });
  const found = inspectSegment('ticks', { directory });
  expect(found).toMatchObject({ producers: 3, maxGroups: 5, members: 7, capacity: 262_144, maxPayload: 9999 });
  expect(found).toMatchObject({ checksum: true, timestamps: false, isOfThisBoot: true, isRemoved: false });
  expect(found.fileLength).toBe(created.fileLength);
  expect(Math.abs(Number(BigInt(found.createdAtNs) / 1_000_000n) - Date.now())).toBeLessThan(3_600_000);
});

test('a segment has its defaults when nothing is said, and when undefined is', () => {
  const directory = scratchDirectory();
  createSegment('ticks', { directory });
  createSegment('tocks', {
    directory,
    producers: undefined,
    maxGroups: undefined,
    members: undefined,
    capacity: undefined,
    maxPayload: undefined,
    checksum: undefined,
    timestamps: undefined,
    mode: undefined,
  });
  for (const name of ['ticks', 'tocks']) {
    const found = inspectSegment(name, { directory });
    expect(found).toMatchObject({ producers: 8, maxGroups: 8, members: 8, capacity: MIB, maxPayload: 65_536 });
    expect(found).toMatchObject({ checksum: false, timestamps: true });
    expect(found.groups).toMatchObject([{ name: 'default', mode: 'reliable', durable: true, shared: false }]);
    expect(fs.statSync(found.path).mode & 0o7777).toBe(0o600);
  }
});

test('the largest payload of a small lane is a quarter of it unless said otherwise', () => {
  const directory = scratchDirectory();
  createSegment('ticks', { directory, capacity: 65_536 });
  expect(inspectSegment('ticks', { directory }).maxPayload).toBe(16_384);
});

describe.each<[keyof CreateOptions, unknown[]]>([
  ['producers', [0, 257, 1.5, -1, Number.NaN, '4']],
  ['maxGroups', [0, 65, 1.5, '4']],
  ['members', [0, 65, 1.5, '4']],
  ['capacity', [0, 32_768, 65_537, 100_000, 2 ** 31, '1MiB', Number.NaN]],
  ['maxPayload', [-1, 0.5, MIB / 4 + 1, '64']],
  ['mode', [-1, 0o1000, 0.5, '600']],
])('the option %s', (option, values) => {
  test.each(values)('is refused as %j, with its value, and nothing is made', (value) => {
    const directory = scratchDirectory();
    const error = thrownBy(() => createSegment('ticks', { ...{ directory }, [option]: value }));
    expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
    expect(error.message).toContain(`${option} is ${value}`);
    expect(fs.readdirSync(directory)).toEqual([]);
  });
});

test('a segment that no mapping could hold is refused before anything is allocated', () => {
  const directory = scratchDirectory();
  const error = thrownBy(() => createSegment('ticks', { directory, producers: 256, capacity: 64 * MIB }));
  expect(error.code).toBe('ERR_HERMES_INVALID_OPTION');
  expect(error.message).toContain('fewer producers or a smaller capacity');
});

test.each([0o600, 0o640, 0o666, 0o400])('mode %o is the file’s, whatever the umask', (mode) => {
  const directory = scratchDirectory();
  const umask = process.umask(0o777);
  try {
    fs.statSync(createSegment('ticks', { ...SMALL, directory, mode }).path);
  } finally {
    process.umask(umask);
  }
  expect(fs.statSync(path.join(directory, 'ticks')).mode & 0o7777).toBe(mode);
});

test('a name that is taken is refused, and what has it stays as it was', () => {
  const directory = scratchDirectory();
  createSegment('ticks', { ...SMALL, directory });
  attachProducer('ticks', { directory }).offer(Buffer.from('kept'));
  const before = inspectSegment('ticks', { directory }).segmentId;
  const error = thrownBy(() => createSegment('ticks', { directory }));
  expect(error.code).toBe('ERR_HERMES_SEGMENT_EXISTS');
  expect(error.message).toMatch(/The segment ticks exists already.*hermes rm ticks/);
  expect(inspectSegment('ticks', { directory }).segmentId).toBe(before);
  expect(attachConsumer('ticks', { directory }).poll((message) => expect(`${message.payload}`).toBe('kept'))).toBe(1);
  expect(withoutDoorbells(directory)).toEqual(['ticks']);
});

test.each<[string, (file: string) => void]>([
  ['a file', (file) => fs.writeFileSync(file, 'mine')],
  ['an empty file', (file) => fs.writeFileSync(file, '')],
  ['a directory', (file) => fs.mkdirSync(file)],
  ['a link to nowhere', (file) => fs.symlinkSync(`${file}-none`, file)],
])('a name that leads to %s is taken too', (_, make) => {
  const directory = scratchDirectory();
  make(path.join(directory, 'ticks'));
  expect(codeOf(() => createSegment('ticks', { ...SMALL, directory }))).toBe('ERR_HERMES_SEGMENT_EXISTS');
  expect(withoutDoorbells(directory)).toEqual(['ticks']);
});

test.skipIf(!canMount)(
  'on a full file system create fails with nothing left behind, and goes on once there is room',
  () => {
    const directory = smallFileSystem(MIB);
    const error = thrownBy(() => createSegment('ticks', { directory, producers: 2, capacity: MIB }));
    expect(error.code).toBe('ERR_HERMES_NO_SPACE');
    expect(error.message).toMatch(/the segment ticks: ENOSPC; free space/);
    expect(fs.readdirSync(directory)).toEqual([]);
    const { bfree, blocks } = fs.statfsSync(directory);
    expect(bfree).toBe(blocks);
    createSegment('ticks', { ...SMALL, directory });
    expect(listSegments({ directory }).map(({ name }) => name)).toEqual(['ticks']);
  },
);

test.skipIf(!canMount)('a lane can be filled to its end on a file system that is full to its end', () => {
  const directory = smallFileSystem(MIB);
  createSegment('ticks', { ...SMALL, directory, capacity: 524_288 });
  fs.writeFileSync(path.join(directory, 'filler'), Buffer.alloc(fs.statfsSync(directory).bfree * 4096));
  expect(fs.statfsSync(directory).bfree).toBe(0);
  const producer = attachProducer('ticks', { directory });
  const payload = Buffer.alloc(4096 - RECORD_HEADER_LENGTH, 1);
  let count = 0;
  while (producer.offer(payload) > 0) count++;
  expect(count).toBe(524_288 / 4096);
  producer.detach();
});

test('all of the file is allocated at creation', () => {
  const directory = scratchDirectory();
  const { path: file, fileLength } = createSegment('ticks', { directory });
  const { size, blocks } = fs.statSync(file);
  expect(size).toBe(fileLength);
  expect(blocks * 512).toBeGreaterThanOrEqual(fileLength);
});
