import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openJournal } from '../../src/journal/journal-reader.js';
import { verifyJournal } from '../../src/journal/verify-journal.js';
import { RECORD_HEADER_LENGTH } from '../../src/layout/record.js';
import { Random } from '../support/random.js';
import { thrownBy } from '../support/thrown.js';
import {
  FixtureWriter,
  filesOf,
  journalDirectory,
  laneZero,
  lastFile,
  messagesOf,
  overwrite,
  recordedJournal,
  recordedNames,
  SEGMENT_ID,
} from './journal-fixture.js';

const DATA_OFFSET = 64;

interface Recorded {
  readonly directory: string;
  /** The last file as it was, and all others' names. */
  readonly bytes: Buffer;
  readonly file: string;
  /** In the last file: for each of its messages, the byte offset behind its payload; and how many messages the files before have. */
  readonly ends: readonly number[];
  readonly before: number;
  readonly count: number;
}

/** A journal whose last file is partly full. */
async function recorded(count: number): Promise<Recorded> {
  const directory = recordedJournal(count);
  const file = lastFile(directory);
  const firstPosition = Number.parseInt(file.slice(-28), 10);
  const messages = await messagesOf(directory);
  const inLast = messages.filter(({ position }) => position >= firstPosition);
  const ends = inLast.map(({ position, payload }) => {
    return position - firstPosition + DATA_OFFSET + RECORD_HEADER_LENGTH + payload.length;
  });
  return { directory, bytes: fs.readFileSync(file), file, ends, before: count - inLast.length, count };
}

const aligned = (offset: number) => Math.ceil(offset / 32) * 32;

/** Byte offset behind the last record. */
const usedEnd = ({ ends }: Recorded) => aligned(ends.at(-1)!);

/** Expects that exactly `count` messages are left, for a reader and for a writer, and that both go on. */
async function expectLeft({ directory }: Recorded, count: number, where: string): Promise<void> {
  expect((await recordedNames(directory)).length, `${where}, read`).toBe(count);
  const writer = FixtureWriter.open(directory);
  expect(writer.writer.nextSequence(0) ?? 0, `${where}, to be written next`).toBe(count);
  writer.appendRange(count, count + 3);
  writer.close();
  expect(await recordedNames(directory), where).toEqual(laneZero(count + 3));
  expect((await verifyJournal(directory)).damages, where).toEqual([]);
}

describe('the last file, cut at every byte of its last 4 KiB', () => {
  // Payloads of up to 2 KB: a file with 5 KiB of records, and one that holds nothing but some of the last 4 KiB.
  test.each([70, 1])(
    'yields exactly the whole records before the cut, and appending goes on: %i messages',
    async (count) => {
      const journal = await recorded(count);
      const last = usedEnd(journal);
      const step = count === 1 ? 5 : 1; // in the small one only its header, and what is before the message, is of interest
      for (let cut = Math.max(0, last - 4096); cut <= last; cut += cut < 256 ? 1 : step) {
        const whole = journal.before + journal.ends.filter((end) => end <= cut).length;
        fs.writeFileSync(journal.file, journal.bytes.subarray(0, cut));
        const writer = FixtureWriter.open(journal.directory);
        const next = writer.writer.nextSequence(0) ?? 0;
        if (next !== whole) expect(next, `cut at ${cut}`).toBe(whole);
        writer.appendRange(whole, whole + 2);
        writer.close();
        if (cut % 97 !== 0) continue; // reading all of it takes the most time
        expect(await recordedNames(journal.directory), `cut at ${cut}`).toEqual(laneZero(whole + 2));
        for (const file of filesOf(journal.directory).filter((each) => each > journal.file)) fs.rmSync(file);
      }
    },
  );

  test('a reader alone sees the whole records before the cut, says that it is one, and changes nothing', async () => {
    const journal = await recorded(70);
    const last = usedEnd(journal);
    for (let cut = last - 4096; cut <= last; cut += 61) {
      const whole = journal.before + journal.ends.filter((end) => end <= cut).length;
      fs.writeFileSync(journal.file, journal.bytes.subarray(0, cut));
      expect((await recordedNames(journal.directory, { skipDamage: true })).length, `cut at ${cut}`).toBe(whole);
      await expect(recordedNames(journal.directory)).rejects.toThrow(`the file was cut: it has ${cut} bytes`);
      expect(fs.statSync(journal.file).size).toBe(cut);
    }
  });
});

test('the last record, garbled at any byte, is taken away, and appending goes on', async () => {
  const journal = await recorded(70);
  const start = aligned(journal.ends.at(-2)!);
  const payloadEnd = start + RECORD_HEADER_LENGTH + journal.bytes.readUInt32LE(start + 24);
  for (let offset = start; offset < payloadEnd; offset += offset < start + 64 ? 1 : 41) {
    const garbled = Buffer.from(journal.bytes);
    garbled[offset]! ^= 0x5a;
    fs.writeFileSync(journal.file, garbled);
    await expectLeft(journal, journal.count - 1, `byte ${offset - start} of the last record`);
    for (const file of filesOf(journal.directory).filter((each) => each > journal.file)) fs.rmSync(file);
  }
});

test('garbage behind the last record is wiped', async () => {
  const journal = await recorded(70);
  overwrite(journal.file, usedEnd(journal) + 32, Buffer.alloc(5000, 0xff));
  const writer = FixtureWriter.open(journal.directory);
  expect(writer.writer.repair).toMatchObject({ discardedLength: expect.any(Number) });
  writer.close();
  const bytes = fs.readFileSync(journal.file);
  expect(bytes.subarray(usedEnd(journal)).every((byte) => byte === 0)).toBe(true);
});

test('what looks like a record inside of a message that was begun is not taken for damage', async () => {
  const journal = await recorded(70);
  const at = usedEnd(journal);
  const first = journal.bytes.subarray(aligned(journal.ends.at(-2)!), at);
  // Header without a magic, as a writer that died leaves it; its payload is a whole record of the lane's next message.
  const begun = Buffer.alloc(32 + first.length);
  begun.writeUInt32LE(first.length, 24);
  first.copy(begun, 32);
  overwrite(journal.file, at, begun);
  await expectLeft(journal, journal.count, 'a begun record');
});

describe('damage in the middle', () => {
  test('of the last file is refused with its extent, by writers and readers, and skipped when that is asked for', async () => {
    const journal = await recorded(70);
    const [from, to] = [aligned(journal.ends.at(-5)!), aligned(journal.ends.at(-4)!)];
    const firstPosition = Number.parseInt(journal.file.slice(-28), 10);
    overwrite(journal.file, from + 40, Buffer.from([1, 2, 3]));
    const extent = `${to - from} bytes from position ${firstPosition + from - 64} to ${firstPosition + to - 64}`;
    const error = thrownBy(() => FixtureWriter.open(journal.directory));
    expect([error.code, error.message]).toEqual(['ERR_HERMES_CORRUPT_JOURNAL', expect.stringContaining(extent)]);
    await expect(recordedNames(journal.directory)).rejects.toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
    const kept = laneZero(70).filter((name) => name !== '0:66');
    expect(await recordedNames(journal.directory, { skipDamage: true })).toEqual(kept);
    const writer = FixtureWriter.open(journal.directory, { skipDamage: true });
    writer.append(0, 70);
    writer.close();
    expect(await recordedNames(journal.directory, { skipDamage: true })).toEqual([...kept, '0:70']);
    const { damages, gaps } = await verifyJournal(journal.directory);
    expect(damages).toMatchObject([{ fromPosition: firstPosition + from - 64, toPosition: firstPosition + to - 64 }]);
    expect(gaps).toEqual([{ segmentId: SEGMENT_ID.toString('hex'), lane: 0, fromSequence: 66, toSequence: 67 }]);
  });

  test.each(['magic', 'zeros'])(
    'of an earlier file does not keep a writer from going on, and a reader reports it: %s',
    async (kind) => {
      const journal = await recorded(200);
      const [file] = filesOf(journal.directory);
      overwrite(file!, 4096, kind === 'zeros' ? Buffer.alloc(3000) : Buffer.alloc(8000, 'x'));
      const writer = FixtureWriter.open(journal.directory);
      writer.append(0, 200);
      writer.close();
      await expect(recordedNames(journal.directory)).rejects.toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
      const names = await recordedNames(journal.directory, { skipDamage: true });
      expect(names.length).toBeLessThan(200);
      expect(names.at(-1)).toBe('0:200');
      const { damages, gaps } = await verifyJournal(journal.directory);
      expect([damages.length, gaps.length]).toEqual([1, 1]);
      expect(gaps[0]!.toSequence - gaps[0]!.fromSequence).toBe(201 - names.length);
    },
  );

  test('a file that is missing is reported with its extent', async () => {
    const journal = await recorded(300);
    fs.rmSync(filesOf(journal.directory)[1]!);
    await expect(recordedNames(journal.directory)).rejects.toThrow(
      /65472 bytes from position 65472 to 130944.*missing/,
    );
    expect((await verifyJournal(journal.directory)).damages.length).toBe(1);
  });
});

test('random garbage anywhere ends in a coded error or in whole messages, never in a crash or a wrong one', async () => {
  const random = new Random(7);
  const journal = await recorded(120);
  for (let round = 0; round < 150; round++) {
    const garbled = Buffer.from(journal.bytes);
    for (let i = random.below(4); i >= 0; i--) {
      const at = random.below(usedEnd(journal));
      for (let j = 0; j < 1 + random.fraction() * 40; j++) garbled[at + j] = random.below(256);
    }
    fs.writeFileSync(journal.file, garbled);
    try {
      const names = await recordedNames(journal.directory, { skipDamage: round % 2 === 0 });
      expect(laneZero(120)).toEqual(expect.arrayContaining(names));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
    }
  }
});

test('an index that is missing, damaged or of another journal costs time, nothing else', async () => {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory, { fileLength: 8 * 1024 * 1024 });
  writer.appendRange(0, 6000); // six MiB
  writer.close();
  const index = `${lastFile(directory)}.index`;
  const whole = fs.readFileSync(index);
  expect(whole.length).toBeGreaterThan(400);
  const variants = [
    undefined,
    whole.subarray(0, 100),
    Buffer.alloc(1000, 'x'),
    whole.map((byte, i) => (i === 200 ? byte ^ 1 : byte)),
  ];
  for (const [i, variant] of variants.entries()) {
    if (variant === undefined) fs.rmSync(index);
    else fs.writeFileSync(index, variant);
    using reader = openJournal(directory, { from: { lane: 0, sequence: 5000 } });
    const found: number[] = [];
    reader.read(({ sequence }) => found.push(sequence), 1);
    expect(found).toEqual([5000]);
    const next = FixtureWriter.open(directory);
    next.append(0, 6000 + i);
    next.close();
  }
  expect((await recordedNames(directory)).length).toBe(6000 + variants.length);
  // Made anew: what the undamaged one had, and the same again.
  expect(fs.readFileSync(index).equals(whole)).toBe(true);
});
