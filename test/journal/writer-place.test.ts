import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LaneSequences } from '../../src/journal/lane-sequences.js';
import { WriterPlace } from '../../src/journal/writer-place.js';
import { JOURNAL_DATA_OFFSET } from '../../src/layout/journal-file.js';
import { JOURNAL_LOCK_FILE } from '../../src/layout/journal-locks.js';
import { thrownBy } from '../support/thrown.js';
import {
  FixtureWriter,
  filesOf,
  journalDirectory,
  LANES,
  lastFile,
  SEGMENT_ID,
  SMALL_FILE,
} from './journal-fixture.js';

const CAPACITY: number = SMALL_FILE - JOURNAL_DATA_OFFSET;

/** The place of the journal's writer, which lets go with the test. */
function take(directory: string): WriterPlace {
  const { place } = WriterPlace.take(directory, false);
  onTestFinished(() => place.close());
  return place;
}

/** Begins a file; `meanwhile` is done when it is complete and has no name yet. */
function begin(place: WriterPlace, firstPosition: number, meanwhile: () => void): void {
  const header = {
    capacity: CAPACITY,
    firstPosition,
    createdAtNs: 0n,
    segmentId: SEGMENT_ID,
    journalId: Buffer.alloc(8, 1),
    laneCount: LANES,
  };
  const tables = { sequences: new LaneSequences(LANES), newestTimeNs: 0n, segmentTables: Buffer.alloc(0) };
  place.begin(header, tables, 0o600, meanwhile);
}

const names = (directory: string) => fs.readdirSync(directory).sort();

describe('a file that is begun while', () => {
  test.each<[string, (directory: string) => void]>([
    ['the last one is removed', (directory) => fs.rmSync(lastFile(directory))],
    [
      'the last one is replaced',
      (directory) => {
        fs.copyFileSync(lastFile(directory), `${directory}/copy`);
        fs.renameSync(`${directory}/copy`, lastFile(directory));
      },
    ],
    ['the directory is moved', (directory) => fs.renameSync(directory, `${directory}-moved`)],
    [
      'the directory is moved, and a copy takes its place',
      (directory) => {
        fs.renameSync(directory, `${directory}-moved`);
        fs.cpSync(`${directory}-moved`, directory, { recursive: true });
      },
    ],
    [
      'the directory is moved, and another with the same files takes its place',
      (directory) => {
        fs.renameSync(directory, `${directory}-moved`);
        fs.mkdirSync(directory);
        for (const name of names(`${directory}-moved`))
          fs.linkSync(`${directory}-moved/${name}`, `${directory}/${name}`);
      },
    ],
    [
      'the directory is made anew',
      (directory) => {
        fs.rmSync(directory, { recursive: true });
        fs.mkdirSync(directory);
      },
    ],
  ])('%s is taken back, and its writer is told', (_, meanwhile) => {
    const directory = journalDirectory();
    const place = take(directory);
    begin(place, 0, () => {});
    const { file } = place;
    const after = { files: [] as string[] };
    const error = thrownBy(() =>
      begin(place, CAPACITY, () => {
        meanwhile(directory);
        if (fs.existsSync(directory)) after.files = names(directory);
      }),
    );
    expect(error.code).toBe('ERR_HERMES_JOURNAL_NOT_FOUND');
    expect(fs.existsSync(directory) ? names(directory) : []).toEqual(after.files);
    expect(place.file).toBe(file);
    expect(thrownBy(() => place.check()).code).toBe('ERR_HERMES_JOURNAL_NOT_FOUND');
  });
});

describe('a journal that two begin at a time', () => {
  /** Somebody else begins it, though this one has the lock file's lock: that was removed. */
  function beginElsewhere(directory: string, count: number): FixtureWriter {
    fs.rmSync(path.join(directory, JOURNAL_LOCK_FILE));
    const writer = FixtureWriter.open(directory);
    writer.appendRange(0, count);
    return writer;
  }

  test('is that of the one whose file got its name first', () => {
    const directory = journalDirectory();
    const place = take(directory);
    const error = thrownBy(() => begin(place, 0, () => beginElsewhere(directory, 3)));
    expect(error.code).toBe('ERR_HERMES_BUSY');
    expect(filesOf(directory).length).toBe(1);
  });

  test('also when that one has filled its first file, and it was pruned', () => {
    const directory = journalDirectory();
    const place = take(directory);
    const error = thrownBy(() =>
      begin(place, 0, () => {
        beginElsewhere(directory, 150);
        fs.rmSync(filesOf(directory)[0]!);
      }),
    );
    expect(error.code).toBe('ERR_HERMES_JOURNAL_NOT_FOUND');
    expect(filesOf(directory)[0]).not.toMatch(/0{20}\.journal$/);
  });
});

test('it says what it holds, and lets go of all of it', () => {
  const directory = journalDirectory();
  const descriptors = () => fs.readdirSync('/proc/self/fd').length;
  const before = descriptors();
  const { place, recovery } = WriterPlace.take(directory, false);
  expect([recovery.tail, place.home.path]).toEqual([undefined, directory]);
  place.check(); // there is no file yet
  begin(place, 0, () => {});
  begin(place, CAPACITY, () => {});
  expect(place.file.path).toBe(lastFile(directory));
  place.check();
  place.close();
  expect(descriptors()).toBe(before);
  for (let i = 0; i < 3; i++)
    expect(thrownBy(() => WriterPlace.take(path.join(directory, 'a', 'b'), false)).code).toBe(
      'ERR_HERMES_INVALID_OPTION',
    );
  const writer = take(directory);
  const held = descriptors();
  for (let i = 0; i < 3; i++) expect(thrownBy(() => WriterPlace.take(directory, false)).code).toBe('ERR_HERMES_BUSY');
  fs.rmSync(path.join(directory, JOURNAL_LOCK_FILE));
  for (let i = 0; i < 3; i++) expect(thrownBy(() => WriterPlace.take(directory, false)).code).toBe('ERR_HERMES_BUSY');
  expect(descriptors()).toBe(held);
  writer.check();
});
