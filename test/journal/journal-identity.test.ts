import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSegment, replayInto } from '../../src/index.js';
import { inspectJournal } from '../../src/journal/inspect-journal.js';
import { type JournalReader, openJournal } from '../../src/journal/journal-reader.js';
import { pruneJournal } from '../../src/journal/prune-journal.js';
import { verifyJournal } from '../../src/journal/verify-journal.js';
import { journalFileName } from '../../src/layout/journal-file.js';
import { rejectionOf } from '../support/rejected.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import { until } from '../support/until.js';
import {
  changeHeader,
  FixtureWriter,
  filesOf,
  journalDirectory,
  lastFile,
  messagesOf,
  recordedJournal,
} from './journal-fixture.js';

const SMALL = 20;

/** A reader that has read all. */
function readToEnd(directory: string): { reader: JournalReader; sequences: number[]; read: () => number } {
  const reader = openJournal(directory);
  onTestFinished(() => reader.close());
  const sequences: number[] = [];
  const read = () => reader.read(({ sequence }) => sequences.push(sequence));
  while (read() > 0);
  return { reader, sequences, read };
}

const idOf = (directory: string) => inspectJournal(directory).journalId;

/** Makes a copy with other inodes take the place of a journal. */
function restore(copy: string, directory: string): void {
  fs.rmSync(directory, { recursive: true });
  fs.cpSync(copy, directory, { recursive: true });
}

function copyOf(directory: string): string {
  const copy = journalDirectory();
  fs.cpSync(directory, copy, { recursive: true });
  return copy;
}

/** A journal of one file, which its messages fill to the last byte. */
function recordedToTheBrim(): string {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  let sequence = 0;
  const left = () => 65_472 - writer.writer.position;
  while (left() > 4096) writer.append(0, sequence++, Buffer.alloc(1000));
  writer.append(0, sequence++, Buffer.alloc(left() - 32));
  expect(left()).toBe(0);
  writer.close();
  expect(filesOf(directory)).toHaveLength(1);
  return directory;
}

describe('a reader at the end of a journal', () => {
  test.each([
    ['in the middle of a file', () => recordedJournal(SMALL)],
    ['that ends with its file', recordedToTheBrim],
  ])('%s says at once that it was removed', (_, make) => {
    const directory = make();
    const id = idOf(directory);
    const { reader, read } = readToEnd(directory);
    fs.rmSync(directory, { recursive: true });
    for (const call of [read, () => reader.seek({ position: 0 })]) {
      const { code, message } = thrownBy(call);
      expect([code, message]).toEqual(['ERR_HERMES_REMOVED', expect.stringMatching(/none is there now: open it anew/)]);
      expect(message).toContain(id);
    }
  });

  test.each([
    ['in the middle of a file', () => recordedJournal(SMALL)],
    ['that ends with its file', recordedToTheBrim],
  ])('%s names both, when another was begun in its place', (_, make) => {
    const directory = make();
    const id = idOf(directory);
    const { reader, sequences, read } = readToEnd(directory);
    const count = sequences.length;
    fs.rmSync(directory, { recursive: true });
    recordedJournal(300, directory); // longer than the one before
    for (const call of [read, read, () => reader.seek({ lane: 0, sequence: 1 })]) {
      const { code, message } = thrownBy(call);
      expect(code).toBe('ERR_HERMES_REMOVED');
      expect(message).toMatch(new RegExp(`${id} .*${idOf(directory)}: open the journal anew`));
    }
    expect(sequences.length).toBe(count);
  });

  test('says so while the writer of the new one is at work, too', () => {
    const directory = recordedJournal(SMALL);
    const { read } = readToEnd(directory);
    fs.rmSync(directory, { recursive: true });
    const writer = FixtureWriter.open(directory);
    expect(codeOf(read)).toBe('ERR_HERMES_REMOVED');
    writer.append(0, 0);
    expect(codeOf(read)).toBe('ERR_HERMES_REMOVED');
  });

  test('says that the directory was moved', () => {
    const directory = recordedJournal(SMALL);
    const { read } = readToEnd(directory);
    fs.renameSync(directory, `${directory}-elsewhere`);
    expect(thrownBy(read).message).toMatch(/or moved, and none is there now: open it anew where it is/);
  });

  test('says that its file alone was removed', () => {
    const directory = recordedJournal(300);
    const { read } = readToEnd(directory);
    const file = lastFile(directory);
    fs.rmSync(file);
    const { code, message } = thrownBy(read);
    expect([code, message]).toEqual(['ERR_HERMES_REMOVED', expect.stringContaining(`${file} was removed or replaced`)]);
  });

  test('goes on when its file was replaced by a copy, and later by one that has more', () => {
    const directory = recordedJournal(SMALL);
    const { sequences, read } = readToEnd(directory);
    restore(copyOf(directory), directory);
    expect(read()).toBe(0);
    const writer = FixtureWriter.open(directory);
    writer.appendRange(SMALL, SMALL + 5);
    writer.close();
    expect(read()).toBe(5);
    const copy = copyOf(directory);
    const more = FixtureWriter.open(copy);
    more.appendRange(SMALL + 5, 300);
    more.close();
    restore(copy, directory);
    while (read() > 0);
    expect(sequences).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  test.each(['other files', 'the same files'])('says that an earlier state of it was restored: %s', (kind) => {
    const directory = recordedJournal(SMALL);
    const backup = copyOf(directory);
    const writer = FixtureWriter.open(directory);
    writer.appendRange(SMALL, SMALL + 10);
    writer.close();
    const { sequences, read } = readToEnd(directory);
    if (kind === 'other files') restore(backup, directory);
    else fs.writeFileSync(lastFile(directory), fs.readFileSync(lastFile(backup)), { flag: 'r+' });
    const { code, message } = thrownBy(read);
    expect([code, message]).toEqual(['ERR_HERMES_CORRUPT_JOURNAL', expect.stringMatching(/an earlier state/)]);
    const next = FixtureWriter.open(directory);
    for (let sequence = SMALL; sequence < 300; sequence++) next.append(0, sequence, Buffer.alloc(77));
    expect(codeOf(read)).toBe('ERR_HERMES_CORRUPT_JOURNAL');
    expect(sequences.length).toBe(SMALL + 10); // nothing twice
  });

  test('hands out nothing of an earlier state that was written on with other messages, until it is as long', () => {
    const directory = recordedJournal(SMALL);
    const backup = copyOf(directory);
    const append = (writer: FixtureWriter, count: number, byte: string) => {
      for (let i = 0; i < count; i++) writer.append(0, SMALL + i, Buffer.alloc(100, byte));
      writer.close();
    };
    append(FixtureWriter.open(directory), 10, 'a');
    const { sequences, read } = readToEnd(directory);
    restore(backup, directory);
    append(FixtureWriter.open(directory), 20, 'b');
    expect(codeOf(read)).toBe('ERR_HERMES_CORRUPT_JOURNAL');
    expect(sequences.length).toBe(SMALL + 10);
  });

  test('says so of an earlier state where it ends with a file', () => {
    const directory = recordedToTheBrim();
    const backup = copyOf(directory);
    const writer = FixtureWriter.open(directory);
    const first = writer.writer.nextSequence(0)!;
    writer.appendRange(first, first + 5);
    writer.close();
    const { read } = readToEnd(directory);
    restore(backup, directory);
    expect(codeOf(read)).toBe('ERR_HERMES_REMOVED'); // the file that it was in is not there at all
  });
});

test('a lane table that goes back behind what was read is damage: nothing comes twice', () => {
  const directory = recordedJournal(300);
  const earlier = copyOf(directory);
  for (const file of filesOf(earlier).slice(2)) fs.rmSync(file);
  fs.rmSync(`${filesOf(earlier)[1]!}.index`);
  fs.truncateSync(filesOf(earlier)[1]!, 20_000);
  const writer = FixtureWriter.open(earlier); // goes on with lower numbers at the same positions
  const next = writer.writer.nextSequence(0)!;
  writer.append(0, next, Buffer.alloc(16_000));
  for (let sequence = next + 1; filesOf(earlier).length < 4; sequence++)
    writer.append(0, sequence, Buffer.alloc(16_000));
  writer.close();
  fs.copyFileSync(filesOf(earlier)[2]!, filesOf(directory)[2]!);
  const reader = openJournal(directory);
  onTestFinished(() => reader.close());
  let last = -1;
  const read = () =>
    reader.read(({ sequence }) => {
      expect(sequence).toBe(++last);
    });
  const { code, message } = thrownBy(() => {
    while (read() > 0);
  });
  expect([code, message]).toEqual(['ERR_HERMES_CORRUPT_JOURNAL', expect.stringMatching(/lane table tells less/)]);
});

describe('those who follow end with the error', () => {
  test('messages()', async () => {
    const directory = recordedJournal(SMALL);
    using reader = openJournal(directory);
    const seen: number[] = [];
    const following = (async () => {
      for await (const { sequence } of reader.messages({ follow: true })) seen.push(sequence);
    })();
    await until(() => seen.length >= SMALL);
    fs.rmSync(directory, { recursive: true });
    recordedJournal(5, directory);
    expect(await rejectionOf(following)).toMatchObject({ code: 'ERR_HERMES_REMOVED' });
    expect(seen.length).toBe(SMALL);
  });

  test('replayInto', async () => {
    const directory = recordedJournal(SMALL);
    const segments = scratchDirectory();
    createSegment('again', { directory: segments });
    const following = replayInto(directory, 'again', { directory: segments, follow: true });
    await sleep(50);
    fs.rmSync(directory, { recursive: true });
    expect(await rejectionOf(following)).toMatchObject({ code: 'ERR_HERMES_REMOVED' });
  });
});

test('a path that is relative is of the directory where the process was when it opened the journal', () => {
  const directory = recordedJournal(300);
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  process.chdir(path.dirname(directory));
  const reader = openJournal('journal');
  onTestFinished(() => reader.close());
  process.chdir('/');
  expect(reader.directory).toBe(directory);
  let count = 0;
  while (reader.read(() => count++) > 0);
  reader.seek({ lane: 0, sequence: 290 });
  expect([count, reader.read(() => {})]).toEqual([300, 10]);
});

describe('a file of another journal', () => {
  const farPosition = 99_999_904;
  const farFile = (directory: string) => path.join(directory, journalFileName(farPosition));

  test.each([
    ['in the place of the last', (own: string, other: string) => fs.copyFileSync(lastFile(other), lastFile(own))],
    [
      'behind the end',
      (own: string, other: string) => {
        fs.copyFileSync(filesOf(other)[0]!, farFile(own));
        changeHeader(farFile(own), { firstPosition: farPosition });
      },
    ],
  ])('%s is refused by all who look at it, with both ids', async (_, mix) => {
    const [directory, other] = [recordedJournal(300), recordedJournal(300)];
    const [own, foreign] = [idOf(directory), idOf(other)];
    mix(directory, other);
    const before = filesOf(directory);
    const isRefused = {
      code: 'ERR_HERMES_CORRUPT_JOURNAL',
      message: expect.stringMatching(new RegExp(`${foreign}, and not ${own}: it is of another journal. Move it out`)),
    };
    expect(await rejectionOf(verifyJournal(directory))).toMatchObject(isRefused);
    expect(await rejectionOf(messagesOf(directory))).toMatchObject(isRefused);
    expect(await rejectionOf(messagesOf(directory, { from: { lane: 0, sequence: 5 } }))).toMatchObject(isRefused);
    expect(inspectJournal(directory).unusable).toEqual([{ name: expect.any(String), ...isRefused }]);
    const { removed, unusable } = pruneJournal(directory, { keepBytes: 0 });
    expect(unusable.length).toBe(1);
    expect(removed).not.toContain(unusable[0]);
    expect(before).toEqual(expect.arrayContaining(filesOf(directory)));
  });
});
