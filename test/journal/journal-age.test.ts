import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type FileWitnesses, type PresentTime, provenOld, pruneJournal } from '../../src/journal/prune-journal.js';
import { indexFileName } from '../../src/layout/journal-index.js';
import { codeOf } from '../support/thrown.js';
import { changeHeader, FixtureWriter, filesOf, journalDirectory } from './journal-fixture.js';

afterEach(() => vi.restoreAllMocks());

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const NOW_MS = Date.UTC(2027, 5, 15);
const PRESENT: PresentTime = { nowMs: NOW_MS, sinceBootMs: 300 * DAY_MS };

type Told = Partial<Omit<FileWitnesses, 'name' | 'isOfThisBoot'>> & { readonly isOfThisBoot?: boolean };

/** Files that were begun at these times; what else tells of their age says nothing, unless it is given. */
function files(createdAtMs: readonly number[], told: Readonly<Record<number, Told>> = {}): FileWitnesses[] {
  return createdAtMs.map((createdAt, i) => ({
    name: `file ${i}`,
    createdAtMs: createdAt,
    newestTimeBeforeMs: null,
    modifiedAtMs: 0,
    ...told[i],
    isOfThisBoot: () => told[i]?.isOfThisBoot ?? false,
  }));
}

const ago = (...ms: number[]) => ms.map((each) => NOW_MS - each);

describe('the files that are older than a week for certain', () => {
  test.each<[string, FileWitnesses[], number, RegExp | null, Partial<PresentTime>?]>([
    ['those before one that was begun so long ago', files(ago(20 * DAY_MS, 10 * DAY_MS, 8 * DAY_MS, DAY_MS)), 2, null],
    ['none of those that were begun lately', files(ago(6 * DAY_MS, DAY_MS, SECOND_MS)), 0, null],
    ['never the last one', files(ago(20 * DAY_MS)), 0, null],
    ['none of no files', [], 0, null],
    [
      'none whose clock was not set',
      files([10_000, 20_000, 30_000]),
      0,
      /1970-01-01T00:00:20.000Z at its end, which cannot be/,
    ],
    [
      'nor before one that was begun when the clock had been set',
      files([10_000, 20_000, ...ago(9 * SECOND_MS)]),
      0,
      /cannot be/,
    ],
    ['but those before a later one with a good clock', files([10_000, 20_000, ...ago(8 * DAY_MS, 0)]), 2, null],
    ['nothing of the future', files(ago(-DAY_MS, -2 * DAY_MS, -3 * DAY_MS)), 0, /still to come/],
    ['but of a future that a later file denies', files(ago(-50 * DAY_MS, -40 * DAY_MS, 8 * DAY_MS, 0)), 2, null],
    [
      'nothing when the clock was set back meanwhile',
      files(ago(SECOND_MS, 400 * DAY_MS, 399 * DAY_MS)),
      0,
      /but file 0 was begun at/,
    ],
    [
      'what was before it was set back',
      files(ago(30 * DAY_MS, 20 * DAY_MS, SECOND_MS, 400 * DAY_MS, 399 * DAY_MS)),
      1,
      null,
    ],
    [
      'none that was written to lately, by the clock of the file system',
      files(ago(400 * DAY_MS, 399 * DAY_MS, 398 * DAY_MS), { 1: { modifiedAtMs: NOW_MS - 5 * SECOND_MS } }),
      1,
      /but it was written to at 2027-06-14T23:59:55/,
    ],
    [
      'none with a message of late, by the clock of the segment',
      files(ago(400 * DAY_MS, 399 * DAY_MS, 398 * DAY_MS), { 1: { newestTimeBeforeMs: NOW_MS - DAY_MS } }),
      0,
      /but it has a message of 2027-06-14/,
    ],
    [
      'messages and file times of the future tell nothing',
      files(ago(10 * DAY_MS, 9 * DAY_MS, 0), {
        0: { modifiedAtMs: NOW_MS + DAY_MS },
        1: { newestTimeBeforeMs: NOW_MS + DAY_MS },
      }),
      1,
      null,
    ],
    [
      'none that was begun since the machine was started, less than a week ago',
      files(ago(40 * DAY_MS, 30 * DAY_MS, 20 * DAY_MS, 10 * DAY_MS), { 2: { isOfThisBoot: true } }),
      1,
      /but it was begun since the machine was started/,
      { sinceBootMs: DAY_MS },
    ],
    [
      'which tells nothing when that was longer ago',
      files(ago(30 * DAY_MS, 20 * DAY_MS, 10 * DAY_MS), { 0: { isOfThisBoot: true } }),
      2,
      null,
    ],
  ])('%s', (_, all, count, doubt, present = {}) => {
    const proven = provenOld(all, WEEK_MS, { ...PRESENT, ...present });
    expect(proven.count).toBe(count);
    if (doubt === null) expect(proven.doubt).toBeNull();
    else expect(proven.doubt).toMatch(doubt);
  });

  test('everything is older than nothing, and nothing than for ever', () => {
    const all = files([10_000, ...ago(0, -DAY_MS)]);
    expect(provenOld(all, 0, PRESENT)).toEqual({ count: 2, doubt: null });
    expect(provenOld(all, Number.POSITIVE_INFINITY, PRESENT)).toEqual({ count: 0, doubt: null });
  });
});

/** A journal of files with these times of their begin; none has an index, and the last write was long ago. */
function recordedAt(createdAtMs: readonly number[]): string {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  for (let sequence = 0; filesOf(directory).length < createdAtMs.length; sequence++) {
    writer.append(0, sequence, Buffer.alloc(16_000));
  }
  writer.close();
  for (const [i, file] of filesOf(directory).entries()) {
    changeHeader(file, { createdAtNs: BigInt(createdAtMs[i]!) * 1_000_000n });
    fs.rmSync(indexFileName(file));
    fs.utimesSync(file, 1e9, 1e9);
  }
  return directory;
}

describe('pruning by age', () => {
  const daysAgo = (...days: number[]) => days.map((each) => Date.now() - each * DAY_MS);

  test('removes what is old by all that is known', () => {
    const directory = recordedAt(daysAgo(30, 20, 10, 5, 1));
    const before = filesOf(directory);
    const report = pruneJournal(directory, { keepAgeMs: WEEK_MS });
    expect(report).toMatchObject({ removedLength: 2 * 65_536, pinned: null, doubtful: null });
    expect(filesOf(directory)).toEqual(before.slice(2));
  });

  test('removes nothing that was recorded before the clock was set, and says why', () => {
    const directory = recordedAt([1000, 2000, 3000, ...daysAgo(0)]);
    const before = filesOf(directory);
    const reason = expect.stringMatching(/1970.*cannot be/);
    for (const dryRun of [true, false]) {
      expect(pruneJournal(directory, { keepAgeMs: WEEK_MS, dryRun })).toMatchObject({
        removed: [],
        doubtful: { name: path.basename(before[0]!), reason },
      });
    }
    expect(filesOf(directory)).toEqual(before);
    // Its size may be limited all the same.
    expect(pruneJournal(directory, { keepAgeMs: WEEK_MS, keepBytes: 65_536 })).toMatchObject({ doubtful: null });
    expect(filesOf(directory)).toEqual(before.slice(-1));
  });

  test('believes the time of the last write', () => {
    const directory = recordedAt(daysAgo(30, 20, 10, 9));
    const [, second] = filesOf(directory);
    fs.utimesSync(second!, new Date(), new Date());
    const { removed, doubtful } = pruneJournal(directory, { keepAgeMs: WEEK_MS });
    expect([removed.length, doubtful]).toEqual([
      1,
      { name: path.basename(second!), reason: expect.stringMatching(/written to/) },
    ]);
  });

  test('believes the index, which tells of the boot, whatever the clocks said', () => {
    const directory = journalDirectory();
    const writer = FixtureWriter.open(directory);
    for (let sequence = 0; filesOf(directory).length < 3; sequence++) writer.append(0, sequence, Buffer.alloc(16_000));
    writer.close();
    const before = filesOf(directory);
    for (const file of before) {
      changeHeader(file, { createdAtNs: BigInt(Date.UTC(2024, 0, 1)) * 1_000_000n });
      fs.utimesSync(file, 1e9, 1e9);
    }
    const keepAgeMs = os.uptime() * 1000 + DAY_MS;
    const { removed, doubtful } = pruneJournal(directory, { keepAgeMs });
    expect([removed, doubtful]).toEqual([
      [],
      { name: path.basename(before[0]!), reason: expect.stringMatching(/since the machine was started/) },
    ]);
    for (const file of before) fs.rmSync(indexFileName(file));
    expect(pruneJournal(directory, { keepAgeMs, dryRun: true }).removed.length).toBe(2);
  });
});

test('a journal that was begun anew while it was pruned keeps its files', () => {
  const [directory, other] = [recordedAt([1000, 2000, 3000]), recordedAt([1000, 2000, 3000])];
  const [first, ...rest] = filesOf(directory);
  const { openSync } = fs;
  vi.spyOn(fs, 'openSync').mockImplementation((file, flags, mode) => {
    // Files are opened to be looked at; then the first one is to go.
    if (file === first && (Number(flags) & fs.constants.O_RDWR) !== 0) {
      for (const each of [first, ...rest]) fs.rmSync(each);
      fs.copyFileSync(filesOf(other)[0]!, first!);
    }
    return openSync(file, flags, mode);
  });
  expect(codeOf(() => pruneJournal(directory, { keepBytes: 0 }))).toBe('ERR_HERMES_REMOVED');
  expect(filesOf(directory)).toEqual([first]);
});
