import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inspectJournal } from '../../src/journal/inspect-journal.js';
import { resolveJournalOptions } from '../../src/journal/journal-options.js';
import { openJournal } from '../../src/journal/journal-reader.js';
import { JournalWriter } from '../../src/journal/journal-writer.js';
import { pruneJournal } from '../../src/journal/prune-journal.js';
import { verifyJournal } from '../../src/journal/verify-journal.js';
import { JOURNAL_CHECKSUM_OFFSET, JOURNAL_DATA_OFFSET, JOURNAL_MINOR_OFFSET } from '../../src/layout/journal-file.js';
import { MAX_SEGMENT_TABLES, SEGMENT_TABLE_TYPE } from '../../src/layout/journal-segment-table.js';
import { RECORD_LENGTH_OFFSET, RECORD_TYPE_OFFSET, recordLength } from '../../src/layout/record.js';
import { Replay } from '../../src/recording/replay.js';
import { Random } from '../support/random.js';
import { thrownBy } from '../support/thrown.js';
import {
  FixtureWriter,
  filesOf,
  journalDirectory,
  laneZero,
  lastFile,
  overwrite,
  recordedNames,
  SMALL_FILE,
  timeOf,
} from './journal-fixture.js';

const idOf = (name: string) => Buffer.alloc(16, name);
const hexOf = (name: string) => idOf(name).toString('hex');

/** Opens the journal for a segment, does something, and closes it. */
function record<T>(directory: string, segment: string, action: (writer: FixtureWriter) => T, options = {}): T {
  const writer = FixtureWriter.open(directory, options, idOf(segment));
  try {
    return action(writer);
  } finally {
    writer.close();
  }
}

/** Records messages of lane 0. How many of them the journal did not have. */
function recordRange(directory: string, segment: string, from: number, to: number): number {
  return record(directory, segment, (writer) => {
    let count = 0;
    for (let sequence = from; sequence < to; sequence++) if (writer.append(0, sequence)) count++;
    return count;
  });
}

/** The other segments that the tables of a file tell of: the first byte of each id, in their order, and where they end. */
function tablesOf(file: string): { segments: string; end: number } {
  const bytes = fs.readFileSync(file);
  const next = (offset: number) => offset + recordLength(bytes.readUInt32LE(offset + RECORD_LENGTH_OFFSET));
  let segments = '';
  let offset = next(JOURNAL_DATA_OFFSET);
  for (; bytes[offset + RECORD_TYPE_OFFSET] === SEGMENT_TABLE_TYPE; offset = next(offset)) {
    segments += String.fromCharCode(bytes[offset + 32]!);
  }
  return { segments, end: offset };
}

describe('a segment that is recorded again after others', () => {
  test('goes on where it was: what comes a second time is skipped', async () => {
    const directory = journalDirectory();
    expect(recordRange(directory, 'a', 0, 5)).toBe(5);
    expect(recordRange(directory, 'b', 0, 3)).toBe(3);
    expect(recordRange(directory, 'c', 7, 8)).toBe(1);
    expect(recordRange(directory, 'a', 2, 9)).toBe(4);
    expect(recordRange(directory, 'b', 0, 4)).toBe(1);
    expect(recordRange(directory, 'c', 7, 9)).toBe(1);
    expect(recordRange(directory, 'a', 0, 9)).toBe(0);
    const { messages, gaps, damages, lanes } = await verifyJournal(directory);
    expect({ messages, gaps, damages }).toEqual({ messages: 9 + 4 + 2, gaps: [], damages: [] });
    expect(lanes).toEqual([
      { segmentId: hexOf('a'), lane: 0, messages: 9, firstSequence: 0, lastSequence: 8 },
      { segmentId: hexOf('b'), lane: 0, messages: 4, firstSequence: 0, lastSequence: 3 },
      { segmentId: hexOf('c'), lane: 0, messages: 2, firstSequence: 7, lastSequence: 8 },
    ]);
  });

  test('every lane by itself, and with the sequences beyond 32 bits', () => {
    const directory = journalDirectory();
    const far = 2 ** 32 - 1;
    record(directory, 'a', (writer) => {
      for (const [lane, sequence] of [
        [0, far],
        [2, 4],
        [0, far + 1],
        [2, 5],
      ] as const)
        writer.append(lane, sequence);
    });
    recordRange(directory, 'b', 0, 1);
    record(directory, 'a', (writer) => {
      expect(writer.writer.lanes).toEqual([0, 2]);
      expect([0, 1, 2].map((lane) => writer.writer.nextSequence(lane))).toEqual([far + 2, undefined, 6]);
      expect(writer.append(2, 5)).toBe(false);
      expect(writer.append(1, 100)).toBe(true); // a lane begins anywhere
    });
  });

  test('also when the other one has filled files, and all but the last one were pruned', async () => {
    const directory = journalDirectory();
    recordRange(directory, 'a', 0, 100);
    recordRange(directory, 'b', 0, 300);
    recordRange(directory, 'b', 300, 400);
    expect(pruneJournal(directory, { keepBytes: 0 }).removed.length).toBeGreaterThan(5);
    expect(filesOf(directory).length).toBe(1);
    expect(recordRange(directory, 'a', 90, 105)).toBe(5);
    expect((await verifyJournal(directory)).gaps).toEqual([]);
    expect(recordRange(directory, 'b', 399, 402)).toBe(2);
  });

  test('leaves no file behind when nothing of it came', async () => {
    const directory = journalDirectory();
    recordRange(directory, 'a', 0, 3);
    for (const segment of ['b', 'c', 'b']) record(directory, segment, () => {});
    expect(filesOf(directory).length).toBe(1);
    expect(inspectJournal(directory).segmentId).toBe(hexOf('a'));
    expect(recordRange(directory, 'a', 0, 4)).toBe(1);
    expect(filesOf(directory).length).toBe(1);
  });
});

describe('messages that never came', () => {
  const gap = { segmentId: hexOf('a'), lane: 0, fromSequence: 3, toSequence: 10 };

  function withGap(): string {
    const directory = journalDirectory();
    recordRange(directory, 'a', 0, 3);
    recordRange(directory, 'b', 0, 5);
    record(directory, 'a', (writer) => {
      writer.append(0, 10);
      expect(writer.writer.missedCount).toBe(7);
    });
    recordRange(directory, 'b', 5, 6);
    return directory;
  }

  test('are counted, and a reader finds them, though another segment was recorded in between', async () => {
    const directory = withGap();
    expect(filesOf(directory).length).toBe(4);
    expect((await verifyJournal(directory)).gaps).toEqual([gap]);
  });

  test('a reader finds them that begins with the other segment, as the files before were pruned', async () => {
    const directory = withGap();
    fs.rmSync(filesOf(directory)[0]!);
    const { gaps, damages } = await verifyJournal(directory);
    expect([gaps, damages]).toEqual([[gap], []]);
  });

  test('or that began in the middle of a file', () => {
    const directory = journalDirectory();
    recordRange(directory, 'a', 0, 3);
    record(directory, 'b', (writer) => writer.appendRange(0, 4000), { fileLength: 8 * 1024 * 1024 });
    recordRange(directory, 'a', 10, 11);
    using reader = openJournal(directory, { from: { position: SMALL_FILE + 3 * 1024 * 1024 } });
    while (reader.read(() => {}) > 0);
    expect(reader.gaps).toEqual([gap]);
  });
});

describe('segment tables', () => {
  test('tell of the segments that were recorded last, and leave out the oldest', () => {
    const directory = journalDirectory();
    const count = MAX_SEGMENT_TABLES + 6;
    for (let i = 0; i < count; i++) recordRange(directory, String.fromCharCode(33 + i), 0, 2);
    const { segments } = tablesOf(lastFile(directory));
    expect(segments.length).toBe(MAX_SEGMENT_TABLES);
    expect([...segments].map((name) => name.charCodeAt(0))).toEqual(
      Array.from({ length: MAX_SEGMENT_TABLES }, (_, i) => 33 + count - 2 - i),
    );
    expect(recordRange(directory, segments.at(-1)!, 0, 2)).toBe(0);
    expect(recordRange(directory, '!', 0, 2)).toBe(2); // as one that was never recorded
  });

  test('take a quarter of a file at most, and leave room for the largest message', () => {
    const wide = (name: string, maxPayloadLength = 1000) => ({
      segmentId: idOf(name),
      laneCount: 256,
      maxPayloadLength,
      checksum: false,
    });
    const directory = journalDirectory();
    const settings = resolveJournalOptions({ fileLength: SMALL_FILE });
    const message = Buffer.alloc(32 + 60_000);
    const append = (source: ReturnType<typeof wide>, length: number) => {
      const writer = JournalWriter.open(directory, source, settings);
      writer.readFrom(message);
      writer.append(0, 255, 1, length);
      writer.close();
    };
    for (const name of 'abcdefghijkl') append(wide(name), 100);
    expect(tablesOf(lastFile(directory)).segments).toBe('kjihgfe'); // 2,112 bytes each
    append(wide('m', 60_000), 60_000);
    expect(tablesOf(lastFile(directory)).segments).toBe('l');
    expect(inspectJournal(directory).lanes).toEqual([{ lane: 255, nextSequence: 1 }]);
  });

  test('a file of the layout before them is gone on with', async () => {
    const directory = journalDirectory();
    recordRange(directory, 'a', 0, 3);
    const header = fs.readFileSync(lastFile(directory)).subarray(0, JOURNAL_DATA_OFFSET);
    header.writeUInt16LE(0, JOURNAL_MINOR_OFFSET);
    header.writeUInt32LE(crc32(header.subarray(0, JOURNAL_CHECKSUM_OFFSET)), JOURNAL_CHECKSUM_OFFSET);
    overwrite(lastFile(directory), 0, header);
    recordRange(directory, 'b', 0, 3);
    expect(recordRange(directory, 'a', 1, 5)).toBe(2);
    expect(await recordedNames(directory)).toEqual([...laneZero(3), ...laneZero(3), ...laneZero(2, 3)]);
  });

  test('that are damaged are reported like any other record, and cost what they told', async () => {
    const directory = journalDirectory();
    recordRange(directory, 'a', 0, 3);
    recordRange(directory, 'b', 0, 3);
    const { end } = tablesOf(lastFile(directory));
    overwrite(lastFile(directory), end - 24, Buffer.from([1, 2, 3]));
    await expect(recordedNames(directory)).rejects.toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
    expect((await verifyJournal(directory)).damages.length).toBe(1);
    expect(thrownBy(() => recordRange(directory, 'a', 0, 4)).code).toBe('ERR_HERMES_CORRUPT_JOURNAL');
    expect(record(directory, 'a', (writer) => writer.append(0, 2), { skipDamage: true })).toBe(true);
  });

  test('random garbage among them ends in a coded error or in whole messages', async () => {
    const directory = journalDirectory();
    for (const segment of 'abcdefgh') recordRange(directory, segment, 0, 4);
    recordRange(directory, 'a', 4, 6);
    const file = lastFile(directory);
    const whole = fs.readFileSync(file);
    const random = new Random(3);
    for (let round = 0; round < 60; round++) {
      const garbled = Buffer.from(whole);
      for (let i = random.below(4); i >= 0; i--) {
        const at = JOURNAL_DATA_OFFSET + random.below(1500);
        for (let j = 0; j < 1 + random.fraction() * 40; j++) garbled[at + j] = random.below(256);
      }
      fs.writeFileSync(file, garbled);
      try {
        const names = await recordedNames(directory, { skipDamage: round % 2 === 0 });
        for (const name of names) expect(laneZero(6)).toContain(name);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
      }
    }
  });
});

test('an index that is made anew is the same, behind tables too', () => {
  const directory = journalDirectory();
  recordRange(directory, 'a', 0, 3);
  record(directory, 'b', (writer) => writer.appendRange(0, 3000), { fileLength: 8 * 1024 * 1024 });
  const index = `${lastFile(directory)}.index`;
  const whole = fs.readFileSync(index);
  expect(whole.length).toBeGreaterThan(150);
  fs.rmSync(index);
  record(directory, 'b', () => {});
  expect(fs.readFileSync(index).equals(whole)).toBe(true);
});

describe('places of the segment that was recorded last', () => {
  /** `a` in three files that have others in between. */
  function interleaved(): string {
    const directory = journalDirectory();
    recordRange(directory, 'a', 0, 10);
    recordRange(directory, 'b', 0, 20);
    recordRange(directory, 'a', 10, 20);
    recordRange(directory, 'b', 20, 30);
    recordRange(directory, 'a', 20, 30);
    return directory;
  }

  test('are found in all of its files', () => {
    const directory = interleaved();
    for (const sequence of [0, 3, 9, 10, 15, 20, 29]) {
      using reader = openJournal(directory, { from: { lane: 0, sequence } });
      expect(reader.segmentId).toBe(hexOf('a'));
      const found: number[] = [];
      reader.read((message) => found.push(message.sequence), 1);
      expect(found).toEqual([sequence]);
    }
  });

  test('end a replay, and sequences of others do not', () => {
    using reader = openJournal(interleaved(), { from: { lane: 0, sequence: 3 } });
    const replay = new Replay(reader, { to: { lane: 0, sequence: 25 }, lane: 0 });
    const found: number[] = [];
    while (replay.read(({ sequence }) => found.push(sequence), 7) > 0);
    expect(found).toEqual(Array.from({ length: 22 }, (_, i) => 3 + i));
  });

  test('a time ends no replay before the last of another segment', () => {
    const directory = journalDirectory();
    record(directory, 'a', (writer) => writer.appendRange(0, 2000), { fileLength: 8 * 1024 * 1024 });
    recordRange(directory, 'b', 0, 5);
    recordRange(directory, 'a', 2000, 2010);
    using reader = openJournal(directory);
    const replay = new Replay(reader, { to: { timeNs: timeOf(3) } });
    let count = 0;
    while (replay.read(() => count++, 1024) > 0);
    expect(count).toBe(6);
  });
});
