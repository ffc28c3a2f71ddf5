import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openJournal } from '../../src/journal/journal-reader.js';
import { verifyJournal } from '../../src/journal/verify-journal.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import {
  FixtureWriter,
  filesOf,
  journalDirectory,
  LANES,
  laneZero,
  recordedNames,
  SEGMENT_ID,
  SMALL_FILE,
} from './journal-fixture.js';

test('what was appended is read again, over many files, in order', async () => {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  const names: string[] = [];
  for (let sequence = 0; sequence < 500; sequence++) {
    for (let lane = 0; lane < LANES; lane++) {
      if ((sequence + lane) % 3 === 0) continue;
      const number = names.filter((name) => name.startsWith(`${lane}:`)).length;
      writer.append(lane, number);
      names.push(`${lane}:${number}`);
    }
  }
  expect(filesOf(directory).length).toBeGreaterThan(10);
  expect(await recordedNames(directory)).toEqual(names);
  const { messages, damages, gaps, position } = await verifyJournal(directory);
  expect({ messages, damages, gaps, position }).toEqual({
    messages: names.length,
    damages: [],
    gaps: [],
    position: writer.writer.position,
  });
});

test('payloads of every length from 0 to 1,600 and the largest come back as they were', async () => {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  const lengths = [...Array.from({ length: 1601 }, (_, i) => i), 16_384];
  const payloadOf = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7 + length) & 255));
  lengths.forEach((length, i) => {
    writer.append(0, i, payloadOf(length));
  });
  using reader = openJournal(directory);
  let i = 0;
  for await (const { payload } of reader) expect(payload.equals(payloadOf(lengths[i++]!))).toBe(true);
  expect(i).toBe(lengths.length);
});

test('a file is full to its last byte, and padded where the next message does not fit', async () => {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  // 64 of header, 64 of lane table; then records of 1 KiB, the last of which ends with the file.
  const payload = Buffer.alloc(1024 - 32, 1);
  const perFile = (SMALL_FILE - 128) / 1024;
  let sequence = 0;
  for (; sequence < Math.floor(perFile); sequence++) writer.append(0, sequence, payload);
  const left = SMALL_FILE - 128 - Math.floor(perFile) * 1024;
  writer.append(0, sequence++, Buffer.alloc(left - 32, 2));
  expect(filesOf(directory).length).toBe(1);
  writer.append(0, sequence++, payload);
  expect(filesOf(directory).length).toBe(2);
  expect((await verifyJournal(directory)).messages).toBe(sequence);
});

test('a writer goes on where the one before it ended, and skips what is there', async () => {
  const directory = journalDirectory();
  let appended = 0;
  for (let life = 0; life < 20; life++) {
    const writer = FixtureWriter.open(directory);
    expect(writer.writer.repair).toBeNull();
    for (let back = Math.min(appended, 5); back > 0; back--) expect(writer.append(0, appended - back)).toBe(false);
    for (let i = 0; i < 37; i++) expect(writer.append(0, appended++)).toBe(true);
    writer.close();
  }
  expect(await recordedNames(directory)).toEqual(laneZero(appended));
});

test('a gap begins a new file, is counted, and shows when the journal is verified', async () => {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  writer.appendRange(0, 3);
  writer.append(1, 1000); // a lane begins anywhere
  writer.append(0, 10);
  expect(writer.writer.missedCount).toBe(7);
  expect(filesOf(directory).length).toBe(2);
  writer.close();
  const next = FixtureWriter.open(directory);
  next.append(0, 11);
  const segmentId = SEGMENT_ID.toString('hex');
  expect((await verifyJournal(directory)).gaps).toEqual([{ segmentId, lane: 0, fromSequence: 3, toSequence: 10 }]);
});

test('another segment begins a file of its own, with sequences of its own', async () => {
  const directory = journalDirectory();
  const first = FixtureWriter.open(directory);
  first.appendRange(0, 5);
  first.close();
  const second = FixtureWriter.open(directory, {}, Buffer.alloc(16, 'two'));
  second.appendRange(0, 3);
  second.close();
  const again = FixtureWriter.open(directory, {}, Buffer.alloc(16, 'two'));
  expect(again.append(0, 2)).toBe(false);
  again.append(0, 3);
  expect(await recordedNames(directory)).toEqual([...laneZero(5), ...laneZero(4)]);
  expect((await verifyJournal(directory)).gaps).toEqual([]);
  using reader = openJournal(directory, { from: { lane: 0, sequence: 1 } });
  expect(reader.position).toBeGreaterThan(SMALL_FILE - 64); // of the segment that was recorded last
});

test('a directory has one writer', () => {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  expect(thrownBy(() => FixtureWriter.open(directory)).message).toContain(`${process.pid}`);
  expect(codeOf(() => FixtureWriter.open(directory))).toBe('ERR_HERMES_BUSY');
  writer.close();
  FixtureWriter.open(directory);
});

test.each([
  [{ fileLength: 1000 }, /fileLength is 1000/],
  [{ fileLength: 2 ** 31 }, /fileLength is 2147483648/],
  [{ sync: 'never' as 'os' }, /sync is never.*os, interval, every/],
  [{ syncIntervalMs: 0 }, /syncIntervalMs is 0/],
  [{ mode: 0o7777 }, /mode is 4095/],
])('refuses %j', (options, words) => {
  const error = thrownBy(() => FixtureWriter.open(journalDirectory(), options));
  expect([error.code, error.message]).toEqual(['ERR_HERMES_INVALID_OPTION', expect.stringMatching(words)]);
});

test('what is not of the journal is refused, and said to be: a foreign file, a newer one, a directory that is none', () => {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  writer.appendRange(0, 3);
  writer.close();
  const [file] = filesOf(directory);
  const bytes = fs.readFileSync(file!);
  const later = path.join(directory, '00000000000009999968.journal');
  fs.writeFileSync(later, bytes); // copied to another name
  expect(codeOf(() => FixtureWriter.open(directory))).toBe('ERR_HERMES_CORRUPT_JOURNAL');
  fs.writeFileSync(later, Buffer.alloc(4096, 'not a journal'));
  expect(thrownBy(() => FixtureWriter.open(directory)).message).toMatch(/does not begin with HERMESJL/);
  fs.rmSync(later);
  const newer = Buffer.from(bytes);
  newer.writeUInt16LE(2, 8);
  fs.writeFileSync(file!, newer);
  expect(codeOf(() => FixtureWriter.open(directory))).toBe('ERR_HERMES_INCOMPATIBLE_LAYOUT');
  expect(codeOf(() => openJournal(directory))).toBe('ERR_HERMES_INCOMPATIBLE_LAYOUT');
  expect(codeOf(() => openJournal(path.join(directory, 'none')))).toBe('ERR_HERMES_JOURNAL_NOT_FOUND');
  expect(codeOf(() => openJournal(file!))).toBe('ERR_HERMES_INVALID_OPTION');
  expect(SEGMENT_ID.length).toBe(16);
});
