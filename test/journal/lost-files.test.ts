import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { inspectJournal } from '../../src/journal/inspect-journal.js';
import { openJournal } from '../../src/journal/journal-reader.js';
import { verifyJournal } from '../../src/journal/verify-journal.js';
import { JOURNAL_DATA_OFFSET } from '../../src/layout/journal-file.js';
import { fillUp } from '../support/other-file-systems.js';
import { canMount, smallFileSystem } from '../support/small-file-system.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import {
  FixtureWriter,
  filesOf,
  journalDirectory,
  laneZero,
  lastFile,
  overwrite,
  recordedJournal,
  recordedNames,
  SMALL_FILE,
} from './journal-fixture.js';

const CAPACITY = SMALL_FILE - JOURNAL_DATA_OFFSET;
const COUNT = 300;

/** A journal of some files. */
function recorded(): string {
  const directory = recordedJournal(COUNT);
  expect(filesOf(directory).length).toBeGreaterThan(4);
  return directory;
}

function wipeHeader(file: string): void {
  overwrite(file, 0, Buffer.alloc(JOURNAL_DATA_OFFSET));
}

/** Sequences of what is left, all of which are in order and with their payloads. */
async function sequencesLeft(directory: string): Promise<number[]> {
  const names = await recordedNames(directory, { skipDamage: true });
  return names.map((name) => Number(name.slice(2)));
}

test('files without a header in the middle are damage, with the messages that are missing', async () => {
  const directory = recorded();
  for (const file of filesOf(directory).slice(1, 3)) wipeHeader(file);
  await expect(recordedNames(directory)).rejects.toThrow(
    new RegExp(`${2 * CAPACITY} bytes from position ${CAPACITY} to ${3 * CAPACITY} .*its header is blank`),
  );
  const left = await sequencesLeft(directory);
  const resumed = left.findIndex((sequence, i) => sequence !== i);
  const gap = { lane: 0, fromSequence: resumed, toSequence: left[resumed] };
  const extent = { fromPosition: CAPACITY, toPosition: 3 * CAPACITY };
  expect(await verifyJournal(directory)).toMatchObject({ damages: [extent], gaps: [gap], messages: left.length });
  expect(left.at(-1)).toBe(COUNT - 1);
});

test('a file that is missing shows which messages are', async () => {
  const directory = recorded();
  fs.rmSync(filesOf(directory)[1]!);
  const left = await sequencesLeft(directory);
  const { damages, gaps } = await verifyJournal(directory);
  expect(damages).toMatchObject([{ fault: 'the file is missing' }]);
  expect(gaps[0]!.toSequence - gaps[0]!.fromSequence).toBe(COUNT - left.length);
});

test('a first file without a header is damage', async () => {
  const directory = recorded();
  wipeHeader(filesOf(directory)[0]!);
  expect(codeOf(() => openJournal(directory))).toBe('ERR_HERMES_CORRUPT_JOURNAL');
  const left = await sequencesLeft(directory);
  expect(left).toEqual(
    laneZero(COUNT)
      .slice(-left.length)
      .map((name) => Number(name.slice(2))),
  );
  expect((await verifyJournal(directory)).damages).toMatchObject([{ fromPosition: 0, toPosition: CAPACITY }]);
});

test('a last file without a header is damage to readers and writers; a writer that skips it sets it aside', async () => {
  const directory = recorded();
  const file = lastFile(directory);
  const bytes = fs.readFileSync(file);
  wipeHeader(file);
  await expect(recordedNames(directory)).rejects.toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
  expect((await verifyJournal(directory)).damages.length).toBe(1);
  const error = thrownBy(() => FixtureWriter.open(directory));
  expect([error.code, error.message]).toEqual(['ERR_HERMES_CORRUPT_JOURNAL', expect.stringContaining(file)]);
  const writer = FixtureWriter.open(directory, { skipDamage: true });
  expect(fs.readFileSync(`${file}.damaged`).subarray(64)).toEqual(bytes.subarray(64));
  const next = writer.writer.nextSequence(0)!;
  writer.appendRange(next, next + 3);
  writer.close();
  expect(await recordedNames(directory)).toEqual(laneZero(next + 3));
});

test('the only file without a header is no missing journal', () => {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  writer.appendRange(0, 3);
  writer.close();
  wipeHeader(lastFile(directory));
  expect(codeOf(() => openJournal(directory))).toBe('ERR_HERMES_CORRUPT_JOURNAL');
});

test('a file of another journal ends a reader with what to do, and the reader can be closed', async () => {
  const [directory, other] = [recorded(), recorded()];
  fs.copyFileSync(filesOf(other)[1]!, filesOf(directory)[1]!);
  const read = async () => {
    using reader = openJournal(directory, { skipDamage: true });
    for await (const _ of reader);
  };
  await expect(read()).rejects.toMatchObject({
    code: 'ERR_HERMES_CORRUPT_JOURNAL',
    message: expect.stringMatching(/it is of another journal\. Move it out/),
  });
  await expect(verifyJournal(directory)).rejects.toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
});

test.runIf(canMount)(
  'a file with holes in memory that is full is not read: a hole that is read needs memory',
  async () => {
    const directory = journalDirectory();
    const fixture = FixtureWriter.open(directory);
    fixture.appendRange(0, 10);
    fixture.close();
    const copy = path.join(smallFileSystem(131_072), 'copy');
    spawnSync('cp', ['-r', '--sparse=always', directory, copy]);
    const makeRoom = fillUp(path.dirname(copy));
    for (const read of [openJournal, inspectJournal]) expect(codeOf(() => read(copy))).toBe('ERR_HERMES_NO_SPACE');
    makeRoom();
    expect(await recordedNames(copy)).toEqual(laneZero(10));
  },
);

test('a last file that was copied with holes gets its blocks back before it is written to', () => {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory, { fileLength: 16 * SMALL_FILE });
  writer.appendRange(0, 3);
  writer.close();
  const file = lastFile(directory);
  const content = fs.readFileSync(file).subarray(0, 8192);
  fs.rmSync(file);
  fs.writeFileSync(file, content);
  fs.truncateSync(file, 16 * SMALL_FILE);
  expect(fs.statSync(file).blocks * 512).toBeLessThan(SMALL_FILE);
  const next = FixtureWriter.open(directory);
  expect(next.writer.nextSequence(0)).toBe(3);
  expect(fs.statSync(file).blocks * 512).toBeGreaterThanOrEqual(16 * SMALL_FILE);
});

test('a journal that cannot be opened at a place is not kept open', () => {
  const directory = recorded();
  const descriptors = () => fs.readdirSync('/proc/self/fd').length;
  const before = descriptors();
  for (let i = 0; i < 5; i++)
    expect(codeOf(() => openJournal(directory, { from: { position: -1 } }))).toBe('ERR_HERMES_INVALID_OPTION');
  expect(descriptors()).toBe(before);
});
