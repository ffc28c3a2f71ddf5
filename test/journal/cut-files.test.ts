import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inspectJournal } from '../../src/journal/inspect-journal.js';
import { openJournal } from '../../src/journal/journal-reader.js';
import { verifyJournal } from '../../src/journal/verify-journal.js';
import { JOURNAL_DATA_OFFSET } from '../../src/layout/journal-file.js';
import { indexFileName } from '../../src/layout/journal-index.js';
import { rejectionOf } from '../support/rejected.js';
import { codeOf, thrownBy } from '../support/thrown.js';
import {
  FixtureWriter,
  filesOf,
  journalDirectory,
  laneZero,
  lastFile,
  messagesOf,
  namesOf,
  overwrite,
  recordedJournal,
  recordedNames,
  SMALL_FILE,
} from './journal-fixture.js';

const CAPACITY = SMALL_FILE - JOURNAL_DATA_OFFSET;
const COUNT = 300;

/** A journal of five files, the last of which is partly full. */
function recorded(): string {
  const directory = recordedJournal(COUNT);
  expect(filesOf(directory).length).toBe(5);
  return directory;
}

interface Boundaries {
  /** Byte offset in the file where a record begins, in the middle of its records. */
  readonly betweenRecords: number;
  readonly behindRecords: number;
}

async function boundariesOf(directory: string, firstPosition: number): Promise<Boundaries> {
  const positions = (await messagesOf(directory))
    .map(({ position }) => position - firstPosition)
    .filter((offset) => offset >= 0 && offset < CAPACITY);
  const { position } = inspectJournal(directory);
  return {
    betweenRecords: JOURNAL_DATA_OFFSET + positions[positions.length >> 1]!,
    behindRecords: JOURNAL_DATA_OFFSET + Math.min(position - firstPosition, CAPACITY),
  };
}

/** Byte offsets at which a file is cut, each a case of its own. */
const CUTS: readonly (readonly [string, (boundaries: Boundaries) => number])[] = [
  ['to nothing', () => 0],
  ['in its header', () => 40],
  ['to its header', () => JOURNAL_DATA_OFFSET],
  ['in its lane table', () => JOURNAL_DATA_OFFSET + 40],
  ['between two records', ({ betweenRecords }) => betweenRecords],
  ['in a record', ({ betweenRecords }) => betweenRecords + 50],
  ['in the header of a record', ({ betweenRecords }) => betweenRecords + 8],
];
const TAIL_CUTS: typeof CUTS = [
  ['just behind its records', ({ behindRecords }) => behindRecords],
  ['far behind its records', ({ behindRecords }) => behindRecords + 10_000],
  ['by one byte', () => SMALL_FILE - 1],
];

const LAST = 4 * CAPACITY;
const PLACES = [
  ...[...CUTS, ...TAIL_CUTS].map(([how, at]) => ['the last file', how, LAST, at] as const),
  ...CUTS.map(([how, at]) => ['a file in the middle', how, 2 * CAPACITY, at] as const),
  ...CUTS.map(([how, at]) => ['the first file', how, 0, at] as const),
];

describe('a file that was cut is damage', () => {
  test.each(PLACES)('%s, %s', async (_, how, firstPosition, at) => {
    const directory = recorded();
    const names = await recordedNames(directory);
    const file = filesOf(directory).find((each) => each.includes(`${firstPosition}`.padStart(20, '0')))!;
    const length = at(await boundariesOf(directory, firstPosition));
    fs.truncateSync(file, length);
    expect(fs.statSync(file).size, how).toBe(length);

    const left = namesOf(await messagesOf(directory, { skipDamage: true }));
    const isTail = firstPosition === LAST && TAIL_CUTS.some(([each]) => each === how);
    if (isTail) expect(left).toEqual(names);
    else expect(left.length).toBeLessThan(COUNT);
    expect(names).toEqual(expect.arrayContaining(left));

    const verified = await verifyJournal(directory);
    expect(verified.damages).toMatchObject([
      { file, toPosition: firstPosition + CAPACITY, fault: expect.stringContaining(`cut: it has ${length} bytes`) },
    ]);
    const [damage] = verified.damages;
    expect(damage!.fromPosition).toBeGreaterThanOrEqual(firstPosition);
    expect(damage!.fromPosition).toBeLessThan(damage!.toPosition);
    const missing = verified.gaps.reduce((sum, { fromSequence, toSequence }) => sum + toSequence - fromSequence, 0);
    if (firstPosition !== LAST && firstPosition !== 0) expect(verified.messages + missing).toBe(COUNT);

    // What is before the place is handed out, then the error comes, and again.
    expect(await rejectionOf(messagesOf(directory))).toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
    expect(inspectJournal(directory).faults).toEqual([
      { name: file.slice(-28), fault: expect.stringContaining(`it has ${length} bytes`) },
    ]);
  });

  test('by less than what aligns its last record', async () => {
    const directory = journalDirectory();
    const writer = FixtureWriter.open(directory);
    const room = () => CAPACITY - (writer.writer.position % CAPACITY);
    let sequence = 0;
    while (room() > 4096) writer.append(0, sequence++, Buffer.alloc(1000));
    writer.append(0, sequence++, Buffer.alloc(room() - 32 - 20)); // 20 bytes of alignment
    writer.append(0, sequence++, Buffer.alloc(1000));
    writer.close();
    const [file] = filesOf(directory);
    fs.truncateSync(file!, SMALL_FILE - 10);
    const { damages, messages } = await verifyJournal(directory);
    expect([messages, damages]).toEqual([
      sequence,
      [expect.objectContaining({ fromPosition: CAPACITY - 10, toPosition: CAPACITY })],
    ]);
    expect(await rejectionOf(messagesOf(directory))).toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
  });

  test('the only file, of which not even the header is left', async () => {
    const directory = journalDirectory();
    FixtureWriter.open(directory).close();
    fs.truncateSync(lastFile(directory), 0);
    const { code, message } = thrownBy(() => openJournal(directory));
    expect([code, message]).toEqual(['ERR_HERMES_CORRUPT_JOURNAL', expect.stringMatching(/cut: it has 0 bytes/)]);
    expect(await rejectionOf(verifyJournal(directory))).toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
  });
});

test('a read hands out what is before the damage, and throws when it is asked again', () => {
  const directory = recorded();
  fs.truncateSync(lastFile(directory), 4096);
  using reader = openJournal(directory);
  let count = 0;
  const read = () => reader.read(() => count++, COUNT);
  expect(read()).toBe(count);
  expect(count).toBeGreaterThan(200);
  for (const before of [count, count]) {
    expect(codeOf(read)).toBe('ERR_HERMES_CORRUPT_JOURNAL');
    expect(count).toBe(before);
  }
});

test('one who skips damage is told once, and goes on when the file has been mended', () => {
  const directory = recorded();
  fs.truncateSync(lastFile(directory), 4096);
  const told: string[] = [];
  using reader = openJournal(directory, { skipDamage: true, onDamage: ({ fault }) => told.push(fault) });
  let next = 0;
  const read = () => {
    return reader.read(({ sequence }) => {
      expect(sequence).toBe(next++);
    });
  };
  while (read() > 0);
  expect([read(), read(), told.length]).toEqual([0, 0, 1]);
  const writer = FixtureWriter.open(directory);
  writer.appendRange(next, COUNT);
  while (read() > 0);
  expect([next, told.length]).toEqual([COUNT, 1]);
});

describe('an index tells of records that are not there', () => {
  /** A journal of one file of 4 MiB whose index tells of each MiB. */
  function indexed(): { directory: string; file: string; count: number } {
    const directory = journalDirectory();
    const writer = FixtureWriter.open(directory, { fileLength: 4 * 1024 * 1024 });
    const count = 2500;
    writer.appendRange(0, count);
    writer.close();
    return { directory, file: lastFile(directory), count };
  }

  test('behind a tail that was wiped; without the index nothing shows it', async () => {
    const { directory, file, count } = indexed();
    const messages = await messagesOf(directory);
    const { position } = messages[count >> 1]!;
    overwrite(file, JOURNAL_DATA_OFFSET + position, Buffer.alloc(4 * 1024 * 1024 - JOURNAL_DATA_OFFSET - position));
    const { damages, messages: left } = await verifyJournal(directory);
    expect(left).toBe(count >> 1);
    expect(damages).toMatchObject([
      { fromPosition: position, fault: expect.stringMatching(/index of the file tells/) },
    ]);
    expect(damages[0]!.toPosition).toBeGreaterThan(position);
    expect(damages[0]!.toPosition).toBeLessThanOrEqual(messages.at(-1)!.position);
    expect(await rejectionOf(messagesOf(directory))).toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
    fs.rmSync(indexFileName(file));
    expect((await verifyJournal(directory)).damages).toEqual([]);
  });

  test('of a file that is gone, though its index is not', async () => {
    const directory = recorded();
    const writer = FixtureWriter.open(directory);
    let sequence = COUNT;
    while (filesOf(directory).length < 6) writer.append(0, sequence++);
    writer.close();
    fs.rmSync(lastFile(directory));
    expect((await verifyJournal(directory)).damages).toMatchObject([
      { fromPosition: 5 * CAPACITY, fault: expect.stringMatching(/file is missing/) },
    ]);
    expect(await rejectionOf(messagesOf(directory))).toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
    fs.rmSync(indexFileName(`${lastFile(directory).slice(0, -28)}${'0'.repeat(14)}327360.journal`));
    expect((await verifyJournal(directory)).damages).toEqual([]);
  });

  test('of messages that were taken back it does not, wherever their producer died', async () => {
    const { directory, file, count } = indexed();
    const writer = FixtureWriter.open(directory, { fileLength: 4 * 1024 * 1024 });
    const before = fs.readFileSync(file);
    writer.writer.cutBack(0, count >> 1);
    writer.close();
    const after = fs.readFileSync(file);
    expect((await verifyJournal(directory)).damages).toEqual([]);
    // Dead in the middle: the index is short already, and what was wiped last comes first.
    const half = (before.length + inspectJournal(directory).position) >> 1;
    fs.writeFileSync(file, Buffer.concat([before.subarray(0, half - (half % 32)), after.subarray(half - (half % 32))]));
    expect((await verifyJournal(directory)).damages).toEqual([]);
  });
});

test('a journal that is whole has no damage, however it ended', async () => {
  const directory = recorded();
  expect(await verifyJournal(directory)).toMatchObject({ damages: [], gaps: [], messages: COUNT });
  expect(inspectJournal(directory).faults).toEqual([]);
  expect(await recordedNames(directory)).toEqual(laneZero(COUNT));
});
