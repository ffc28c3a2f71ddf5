import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inspectJournal } from '../../src/journal/inspect-journal.js';
import { openJournal } from '../../src/journal/journal-reader.js';
import { pruneJournal } from '../../src/journal/prune-journal.js';
import { codeOf } from '../support/thrown.js';
import {
  FixtureWriter,
  filesOf,
  journalDirectory,
  laneZero,
  lastFile,
  messagesOf,
  namesOf,
  recordedNames,
  timeOf,
} from './journal-fixture.js';

const COUNT = 400;

/** A journal of several files, and its writer. */
function recorded(): { directory: string; writer: FixtureWriter } {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  for (let sequence = 0; sequence < COUNT; sequence++) {
    writer.append(0, sequence);
    if (sequence % 2 === 0) writer.append(1, sequence / 2);
  }
  return { directory, writer };
}

describe('a reader', () => {
  test('begins at any position, at any sequence of any lane, at any time', async () => {
    const { directory } = recorded();
    const messages = await messagesOf(directory);
    expect(messages.length).toBe(COUNT * 1.5);
    const names = namesOf(messages);
    for (let i = 0; i < messages.length; i += 23) {
      const { position, lane, sequence, timestamp } = messages[i]!;
      for (const near of [position, position - 1, position - 31]) {
        if (near >= 0) expect(await recordedNames(directory, { from: { position: near } })).toEqual(names.slice(i));
      }
      expect(await recordedNames(directory, { from: { lane, sequence } })).toEqual(names.slice(i));
      const first = messages.findIndex((message) => message.timestamp >= timestamp);
      expect(await recordedNames(directory, { from: { timeNs: timestamp } })).toEqual(names.slice(first));
    }
    const { position } = inspectJournal(directory);
    for (const from of [{ position }, { position: 1e15 }, { lane: 0, sequence: COUNT }, { timeNs: timeOf(COUNT) }]) {
      expect(await recordedNames(directory, { from })).toEqual([]);
    }
  });

  test('goes back and forth', () => {
    const { directory } = recorded();
    using reader = openJournal(directory);
    const one = () => {
      let found = -1;
      reader.read((message) => {
        found = message.lane === 0 ? message.sequence : -1;
      }, 1);
      return found;
    };
    for (const sequence of [390, 1, 200, 399, 3]) {
      reader.seek({ lane: 0, sequence });
      expect(one()).toBe(sequence);
    }
  });

  test.each([[{ position: -1 }], [{ lane: 0, sequence: 0.5 }], [{ timeNs: 5 as unknown as bigint }]])(
    'refuses %j as a place',
    (from) => {
      const { directory } = recorded();
      expect(codeOf(() => openJournal(directory, { from }))).toBe('ERR_HERMES_INVALID_OPTION');
    },
  );

  test('gets a message again whose handler threw, or refused it', () => {
    const { directory } = recorded();
    using reader = openJournal(directory);
    const seen: string[] = [];
    const failing = () =>
      reader.read(({ lane, sequence }) => {
        if (seen.length === 3) throw new Error('not now');
        seen.push(`${lane}:${sequence}`);
      });
    expect(failing).toThrow('not now');
    const count = reader.read(({ lane, sequence }) => {
      if (seen.length === 5) reader.refuse();
      else seen.push(`${lane}:${sequence}`);
    });
    expect([count, seen]).toEqual([2, ['0:0', '1:0', '0:1', '0:2', '1:1']]);
    reader.read(({ lane, sequence }) => seen.push(`${lane}:${sequence}`), 1);
    expect(seen.at(-1)).toBe('0:3');
  });

  test('is refused to its own handler, and goes on', () => {
    const { directory } = recorded();
    using reader = openJournal(directory);
    const codes: unknown[] = [];
    const nested = () => {
      codes.push(codeOf(() => reader.read(() => {})));
      codes.push(codeOf(() => reader.seek({ position: 0 })));
    };
    expect(reader.read(nested, 2)).toBe(2);
    expect(codes).toEqual(Array(4).fill('ERR_HERMES_INVALID_STATE'));
    reader.read(({ lane, sequence }) => codes.push(`${lane}:${sequence}`), 1);
    expect(codes.at(-1)).toBe('0:1');
  });

  test('is of no use once it was closed, also by its own handler', () => {
    const { directory } = recorded();
    const reader = openJournal(directory);
    expect(reader.read(() => reader.close())).toBe(1);
    reader.close();
    expect(codeOf(() => reader.read(() => {}))).toBe('ERR_HERMES_DETACHED');
    expect(codeOf(() => reader.seek({ position: 0 }))).toBe('ERR_HERMES_DETACHED');
  });
});

describe('a reader that follows', () => {
  test('sees what is written, from file to file, until it is told to end', async () => {
    const directory = journalDirectory();
    const writer = FixtureWriter.open(directory);
    writer.append(0, 0);
    using reader = openJournal(directory);
    const ending = new AbortController();
    const seen: number[] = [];
    let written = 1;
    for await (const { sequence } of reader.messages({ follow: true, signal: ending.signal })) {
      seen.push(sequence);
      if (seen.length === COUNT) ending.abort();
      if (seen.length === written && written < COUNT) {
        for (const upTo = Math.min(written + 37, COUNT); written < upTo; written++) writer.append(0, written);
      }
    }
    expect(seen).toEqual(Array.from({ length: COUNT }, (_, i) => i));
  });

  test('goes on when a torn tail is mended under it, and written over', async () => {
    const directory = journalDirectory();
    const writer = FixtureWriter.open(directory);
    writer.appendRange(0, 10);
    const { position } = writer.writer;
    writer.close();
    const file = lastFile(directory);
    fs.truncateSync(file, 64 + position - 40); // in the middle of the last message
    using reader = openJournal(directory);
    const seen: number[] = [];
    const read = () => reader.read(({ sequence }) => seen.push(sequence));
    expect(read()).toBe(9);
    expect(codeOf(read)).toBe('ERR_HERMES_CORRUPT_JOURNAL'); // it was cut
    const next = FixtureWriter.open(directory);
    expect(next.writer.repair).not.toBeNull();
    next.appendRange(9, 20);
    while (read() > 0);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});

describe('pruning', () => {
  test('removes the oldest files beyond a size, and their indexes; what is left is read as it was', async () => {
    const { directory } = recorded();
    const names = await recordedNames(directory);
    const before = filesOf(directory);
    expect(pruneJournal(directory, { keepBytes: 3 * 65_536, dryRun: true }).removed.length).toBe(before.length - 3);
    expect(filesOf(directory)).toEqual(before);
    expect(pruneJournal(directory, { keepBytes: 3 * 65_536 })).toMatchObject({ pinned: null });
    expect(filesOf(directory)).toEqual(before.slice(-3));
    expect(fs.readdirSync(directory).filter((name) => name.endsWith('.index')).length).toBe(3);
    const left = await recordedNames(directory);
    expect(left.length).toBeGreaterThan(50);
    expect(left).toEqual(names.slice(-left.length));
    expect(inspectJournal(directory).firstPosition).toBe((before.length - 3) * 65_472);
  });

  test('never removes the last file, whatever is asked', () => {
    const { directory, writer } = recorded();
    writer.close();
    pruneJournal(directory, { keepBytes: 0 });
    expect(filesOf(directory).length).toBe(1);
    const next = FixtureWriter.open(directory);
    expect(next.append(0, COUNT - 1)).toBe(false); // it still knows every lane
    expect(next.append(1, COUNT / 2 - 1)).toBe(false);
    next.append(0, COUNT);
  });

  test('goes by the age of the end of a file', () => {
    const { directory } = recorded();
    const count = filesOf(directory).length;
    expect(pruneJournal(directory, { keepAgeMs: 3_600_000 }).removed).toEqual([]);
    expect(pruneJournal(directory, { keepAgeMs: 0 }).removed.length).toBeGreaterThanOrEqual(count - 2);
  });

  test('never removes a file that a reader has open, nor what follows it', async () => {
    const { directory } = recorded();
    const before = filesOf(directory);
    const reader = openJournal(directory, { from: { position: 65_472 } });
    const report = pruneJournal(directory, { keepBytes: 0 });
    expect(report).toMatchObject({ removed: ['00000000000000000000.journal'], pinned: '00000000000000065472.journal' });
    expect(filesOf(directory)).toEqual(before.slice(1));
    const rest: string[] = [];
    for await (const message of reader) rest.push(...namesOf([message]));
    expect(rest.at(-1)).toBe(`0:${COUNT - 1}`);
    reader.close();
    expect(pruneJournal(directory, { keepBytes: 0 }).pinned).toBeNull();
  });
});

test('a journal that is copied while it is written to is whole up to a place', async () => {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  writer.appendRange(0, 150);
  const copy = journalDirectory();
  fs.cpSync(directory, copy, { recursive: true });
  writer.appendRange(150, 300);
  expect(await recordedNames(copy)).toEqual(laneZero(150));
  const next = FixtureWriter.open(copy); // nobody writes to the copy
  next.append(0, 150);
  expect(await recordedNames(copy)).toEqual(laneZero(151));
});

test('an inspection tells what there is', () => {
  const { directory } = recorded();
  const { lanes, files, writer, position, journalId } = inspectJournal(directory);
  expect(lanes).toEqual([
    { lane: 0, nextSequence: COUNT },
    { lane: 1, nextSequence: COUNT / 2 },
  ]);
  expect(files.map(({ isPinned }) => isPinned)).toEqual(files.map((_, i) => i === files.length - 1));
  expect([writer?.pid, journalId.length]).toEqual([process.pid, 16]);
  expect(position).toBeGreaterThan(files.at(-1)!.firstPosition);
});
