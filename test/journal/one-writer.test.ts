import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attachProducer,
  attachRecorder,
  createSegment,
  inspectJournal,
  openJournal,
  verifyJournal,
} from '../../src/index.js';
import { JOURNAL_LOCK_FILE, JOURNAL_TAIL_LOCK_OFFSET } from '../../src/layout/journal-locks.js';
import { ByteLocks } from '../../src/os/byte-locks.js';
import { Program } from '../support/program.js';
import { scratchDirectory } from '../support/scratch.js';
import { endAllProcesses } from '../support/started-process.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import { FixtureWriter, filesOf, journalDirectory, laneZero, lastFile, recordedNames } from './journal-fixture.js';

const SEGMENT = 'ticks';

const lockFileOf = (directory: string) => path.join(directory, JOURNAL_LOCK_FILE);

/** Whether a writer holds the tail byte of a file. */
function isHeld(file: string): boolean {
  const locks = ByteLocks.openReadOnly(file);
  try {
    return locks.isLockedByOther(JOURNAL_TAIL_LOCK_OFFSET);
  } finally {
    locks.close();
  }
}

const attacks: readonly (readonly [string, (directory: string) => void])[] = [
  ['is removed', (directory) => fs.rmSync(lockFileOf(directory))],
  [
    'is replaced by another file',
    (directory) => {
      fs.rmSync(lockFileOf(directory));
      fs.writeFileSync(lockFileOf(directory), '1\n');
    },
  ],
  ['is moved', (directory) => fs.renameSync(lockFileOf(directory), `${lockFileOf(directory)}.old`)],
];

describe.each(attacks)('when the lock file %s', (_, attack) => {
  test('there is still one writer, which goes on, in the next files too', async () => {
    const directory = journalDirectory();
    const writer = FixtureWriter.open(directory);
    writer.appendRange(0, 5);
    attack(directory);
    const error = thrownBy(() => FixtureWriter.open(directory));
    expect([error.code, error.message]).toEqual(['ERR_HERMES_BUSY', expect.stringContaining(directory)]);
    writer.appendRange(5, 150);
    expect(filesOf(directory).length).toBeGreaterThan(2);
    expect(codeOf(() => FixtureWriter.open(directory, {}, Buffer.alloc(16, 'two')))).toBe('ERR_HERMES_BUSY');
    expect(filesOf(directory).map(isHeld)).toEqual(filesOf(directory).map((_file, i, all) => i === all.length - 1));
    expect(inspectJournal(directory).writer).not.toBeNull();
    writer.writer.checkPlace();
    writer.close();
    expect(inspectJournal(directory).writer).toBeNull();
    const next = FixtureWriter.open(directory);
    expect(inspectJournal(directory).writer).toEqual({ pid: process.pid });
    next.appendRange(150, 153);
    expect(await recordedNames(directory)).toEqual(laneZero(153));
  });

  test('a reader does not take what is being written for damage', () => {
    const directory = journalDirectory();
    const writer = FixtureWriter.open(directory);
    writer.appendRange(0, 3);
    attack(directory);
    using reader = openJournal(directory);
    let count = 0;
    for (const end of [3, 80, 150]) {
      writer.appendRange(count, end);
      while (reader.read(() => count++) > 0);
      expect(count).toBe(end);
    }
  });
});

test('two producers never publish into one journal', async () => {
  const directory = scratchDirectory();
  createSegment(SEGMENT, { directory, producers: 2 });
  const journal = path.join(directory, '.j');
  using first = attachProducer(SEGMENT, { directory, journal });
  first.offer(Buffer.from('a'));
  fs.unlinkSync(lockFileOf(journal));
  expect(codeOf(() => attachProducer(SEGMENT, { directory, journal }))).toBe('ERR_HERMES_BUSY');
  expect(codeOf(() => attachRecorder(SEGMENT, { directory, to: journal }))).toBe('ERR_HERMES_BUSY');
  first.offer(Buffer.from('b'));
  expect(await verifyJournal(journal)).toMatchObject({ messages: 2, damages: [], gaps: [] });
});

test('a writer that was killed leaves its place, whatever became of the lock file', async () => {
  const directory = path.join(scratchDirectory(), 'journal');
  onTestFinished(endAllProcesses);
  const writer = Program.start('append-journal');
  await writer.next('standing by');
  writer.command({ journal: directory });
  await writer.next('attached');
  fs.rmSync(lockFileOf(directory));
  expect(codeOf(() => FixtureWriter.open(directory))).toBe('ERR_HERMES_BUSY');
  expect(inspectJournal(directory).writer).toEqual({ pid: null });
  writer.kill();
  await writer.exited;
  FixtureWriter.open(directory);
  expect(inspectJournal(directory).writer).toEqual({ pid: process.pid });
});

describe('names that somebody else gave', () => {
  test.each([
    ['a directory', (file: string) => fs.mkdirSync(file)],
    ['a link', (file: string) => fs.symlinkSync('/dev/null', file)],
  ])('a lock file that is %s ends in a coded error', (_, make) => {
    const directory = journalDirectory();
    fs.mkdirSync(directory);
    make(lockFileOf(directory));
    expect(codeOf(() => FixtureWriter.open(directory))).toMatch(/^ERR_HERMES_(PERMISSION|SYSTEM)$/);
  });

  test('a file in the place of the next one stops the writer, and the journal is whole without it', async () => {
    const directory = journalDirectory();
    const writer = FixtureWriter.open(directory);
    writer.append(0, 0);
    const foreign = lastFile(directory).replace('00000000000000000000', '00000000000000065472');
    fs.writeFileSync(foreign, 'foreign');
    expect(codeOf(() => writer.appendRange(1, 200))).toBe('ERR_HERMES_CORRUPT_JOURNAL');
    fs.rmSync(foreign);
    const next = writer.writer.nextSequence(0)!;
    writer.appendRange(next, next + 3); // it goes on
    expect(await recordedNames(directory)).toEqual(laneZero(next + 3));
  });

  test('a writer whose file was removed begins no other one, though somebody else goes on before it', async () => {
    const directory = journalDirectory();
    const writer = FixtureWriter.open(directory);
    writer.appendRange(0, 150);
    const before = filesOf(directory).slice(0, -1);
    for (const file of [lastFile(directory), lockFileOf(directory)]) fs.rmSync(file);
    expect(codeOf(() => writer.appendRange(150, 300))).toBe('ERR_HERMES_JOURNAL_NOT_FOUND');
    expect(filesOf(directory)).toEqual(before);
    const next = FixtureWriter.open(directory);
    const from = next.writer.nextSequence(0)!;
    expect(from).toBeLessThan(150);
    next.appendRange(from, 200);
    expect(codeOf(() => writer.writer.checkFile())).toBe('ERR_HERMES_JOURNAL_NOT_FOUND');
    expect(codeOf(() => writer.appendRange(300, 400))).toBe('ERR_HERMES_JOURNAL_NOT_FOUND');
    writer.close();
    expect(await recordedNames(directory)).toEqual(laneZero(200));
  });
});
