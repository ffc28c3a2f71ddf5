import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyJournal } from '../../src/index.js';
import { JournalStage } from '../../src/journal/journal-stage.js';
import { JournalMemory } from '../../src/journal/mapped-file.js';
import { JOURNAL_DATA_OFFSET } from '../../src/layout/journal-file.js';
import { RECORD_HEADER_LENGTH } from '../../src/layout/record.js';
import { scratchDirectory } from '../support/scratch.js';
import { codeOf } from '../support/thrown.js';
import { FixtureWriter, lastFile, messagesOf } from './journal-fixture.js';

/** A disk of one file that keeps every write, and has room for so many bytes more. */
class Disk {
  readonly writes: { readonly position: number; readonly bytes: Buffer }[] = [];
  room = Number.POSITIVE_INFINITY;

  constructor(readonly content: Buffer) {}

  readonly write = (bytes: Uint8Array, offset: number, length: number, position: number): number => {
    const count = Math.min(length, this.room);
    if (count === 0) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    const written = Buffer.from(bytes.subarray(offset, offset + count));
    this.writes.push({ position, bytes: written });
    written.copy(this.content, position);
    this.room -= count;
    return count;
  };

  /** What it holds when the process has died within its writes: between any two of them, and wherever a page may end. */
  *remains(before: Buffer): Generator<Buffer> {
    const content = Buffer.from(before);
    yield content;
    for (const { position, bytes } of this.writes) {
      for (let start = 0; start < bytes.length; ) {
        const end = Math.min(bytes.length, (Math.floor((position + start) / PIECE) + 1) * PIECE - position);
        bytes.copy(content, position + start, start, end);
        start = end;
        yield content;
      }
    }
  }
}

/** Smaller than a page, for more places to die at. */
const PIECE = 512;
/** Messages that are in the file before a store, and behind it. */
const BEFORE = 3;
const BEHIND = 11;

/** Of all lengths; the payload of one is a record that would come next, for whoever takes it for one. */
let payloads: Buffer[];
/** The file with all of them, and the byte offsets of their records, and of the end. */
let whole: Buffer;
let offsets: number[];
/** The file with those from before. */
let before: Buffer;

beforeAll(() => {
  const other = fs.mkdtempSync('/dev/shm/hermes-test-');
  const fixture = (name: string) => FixtureWriter.openUnmanaged(path.join(other, name));
  const trap = fixture('trap');
  const start = trap.writer.position + JOURNAL_DATA_OFFSET;
  trap.append(0, 100, Buffer.from('looks like a message'));
  trap.close();
  const record = fs.readFileSync(lastFile(path.join(other, 'trap'))).subarray(start, start + 64);
  payloads = Array.from({ length: BEHIND }, (_, i) => Buffer.alloc([0, 31, 700, 32, 1500, 5][i % 6]!, 97 + i));
  payloads[6] = Buffer.concat([record, record, Buffer.alloc(900, 98)]);
  const all = fixture('all');
  offsets = payloads.map((payload, sequence) => {
    const offset = all.writer.position + JOURNAL_DATA_OFFSET;
    all.append(0, sequence, payload);
    return offset;
  });
  offsets.push(all.writer.position + JOURNAL_DATA_OFFSET);
  all.close();
  whole = fs.readFileSync(lastFile(path.join(other, 'all')));
  before = Buffer.from(whole).fill(0, offsets[BEFORE]);
  fs.rmSync(other, { recursive: true });
});

let disk: Disk;
let memory: JournalMemory;
let stage: JournalStage;
beforeEach(() => {
  disk = new Disk(Buffer.from(before));
  const buffer = new SharedArrayBuffer(whole.length);
  memory = new JournalMemory({ buffer, length: whole.length, unmap() {} });
  memory.bytes.set(before);
  stage = new JournalStage('/nowhere/a.journal', memory, disk.write);
  stage.begin(offsets[BEFORE]!);
});

/** Puts messages `from` to `to`, that one not included, into the memory. */
function append(from: number, to: number): void {
  memory.bytes.set(whole.subarray(offsets[from]!, offsets[to]!), offsets[from]!);
}

/** Takes messages back from the memory, and from the file, as far as it has them: the last one first. */
function takeBack(from: number, to: number): void {
  for (let i = to - 1; i >= from; i--) {
    memory.bytes.fill(0, offsets[i]!, offsets[i + 1]!);
    stage.wipe(offsets[i]!, offsets[i + 1]!);
  }
}

const upTo = (count: number) => Buffer.from(whole).fill(0, offsets[count]);

/** Expects that a file is a journal of the first messages, so many at least and at most; for readers, and for who goes on with it. */
async function expectFirst(content: Buffer, least: number, most: number): Promise<number> {
  const directory = path.join(scratchDirectory(), 'journal');
  fs.mkdirSync(directory);
  fs.writeFileSync(path.join(directory, '00000000000000000000.journal'), content);
  const read = await messagesOf(directory);
  expect(read.length).toBeGreaterThanOrEqual(least);
  expect(read.length).toBeLessThanOrEqual(most);
  expect(read.map(({ payload }) => payload.toString('latin1'))).toEqual(
    payloads.slice(0, read.length).map((payload) => payload.toString('latin1')),
  );
  if (read.length < BEHIND) expect(content.readUInt32LE(offsets[read.length])).toBe(0); // no magic of a record that is not whole
  const next = FixtureWriter.open(directory);
  expect(next.append(0, read.length - 1)).toBe(false);
  for (let i = read.length; i < BEHIND; i++) expect(next.append(0, i, payloads[i])).toBe(true);
  next.close();
  expect(await verifyJournal(directory)).toMatchObject({ messages: BEHIND, damages: [], gaps: [] });
  return read.length;
}

describe('a store', () => {
  test('leaves in the file what is in the memory: each byte written twice, however many records there are', () => {
    append(BEFORE, BEHIND);
    stage.store(offsets[BEHIND]!);
    expect(disk.content.equals(whole)).toBe(true);
    expect(disk.writes.length).toBe(2);
    expect(memory.bytes.equals(whole)).toBe(true);
    stage.store(offsets[BEHIND]!);
    expect(disk.writes.length).toBe(2); // there is nothing more
  });

  test('that a death ends anywhere leaves whole records, and then none; more and more of them', async () => {
    append(BEFORE, 7);
    stage.store(offsets[7]!);
    append(7, BEHIND);
    stage.store(offsets[BEHIND]!);
    const counts: number[] = [];
    for (const content of disk.remains(before)) {
      counts.push(await expectFirst(content, BEFORE, BEHIND));
    }
    expect(counts.length).toBeGreaterThan(20);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(new Set(counts).size).toBeGreaterThan(5);
  });

  test('without room says so, wherever that comes, and is done by a second try', async () => {
    append(BEFORE, BEHIND);
    const length = offsets[BEHIND]! - offsets[BEFORE]!;
    for (let room = 0; room < 2 * length; room += 332) {
      disk = new Disk(Buffer.from(before));
      stage = new JournalStage('/nowhere/a.journal', memory, disk.write);
      stage.begin(offsets[BEFORE]!);
      disk.room = room;
      expect(codeOf(() => stage.store(offsets[BEHIND]!))).toBe('ERR_HERMES_NO_SPACE');
      if (room % 3 === 0) await expectFirst(disk.content, BEFORE, room < length ? BEFORE : BEHIND);
      disk.room = Number.POSITIVE_INFINITY;
      stage.store(offsets[BEHIND]!);
      expect(disk.content.equals(whole)).toBe(true);
    }
  });

  test('names the journal, and what to do, where there is no room; and passes on what else is wrong', () => {
    append(BEFORE, BEHIND);
    disk.room = 0;
    expect(() => stage.store(offsets[BEHIND]!)).toThrow(/no room .*\/nowhere: .*hermes journal prune \/nowhere/);
    const broken = new JournalStage('/nowhere/a.journal', memory, () => {
      throw Object.assign(new Error('broken'), { code: 'EIO' });
    });
    broken.begin(offsets[BEFORE]!);
    expect(codeOf(() => broken.store(offsets[BEHIND]!))).toBe('ERR_HERMES_SYSTEM');
  });
});

describe('what is taken back', () => {
  test.each([
    ['never stored', 0],
    ['stored without a magic', 4000],
    ['stored for a part', 6000],
    ['stored', Number.POSITIVE_INFINITY],
  ])('%s: is gone from the file with the next store, though that is shorter', async (_, room) => {
    append(BEFORE, BEHIND);
    disk.room = room;
    try {
      stage.store(offsets[BEHIND]!);
    } catch {}
    disk.room = Number.POSITIVE_INFINITY;
    takeBack(BEFORE, BEHIND);
    append(BEFORE, 5);
    stage.store(offsets[5]!);
    expect(disk.content.equals(upTo(5))).toBe(true);
    append(5, BEHIND);
    stage.store(offsets[BEHIND]!);
    expect(disk.content.equals(whole)).toBe(true);
  });

  test('and dies meanwhile, leaves whole records, and then none; fewer and fewer of them', async () => {
    append(BEFORE, BEHIND);
    stage.store(offsets[BEHIND]!);
    disk.writes.length = 0;
    takeBack(BEFORE, BEHIND);
    const counts: number[] = [];
    for (const content of disk.remains(whole)) counts.push(await expectFirst(content, BEFORE, BEHIND));
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    expect(new Set(counts).size).toBe(BEHIND - BEFORE + 1);
  });

  test('without room for it: the next store does it before all else', async () => {
    append(BEFORE, BEHIND);
    stage.store(offsets[BEHIND]!);
    disk.room = 0;
    takeBack(BEFORE, BEHIND);
    expect(disk.content.equals(whole)).toBe(true);
    append(BEFORE, 5);
    expect(codeOf(() => stage.store(offsets[5]!))).toBe('ERR_HERMES_NO_SPACE');
    disk.room = 8; // two magics
    expect(codeOf(() => stage.store(offsets[5]!))).toBe('ERR_HERMES_NO_SPACE');
    await expectFirst(disk.content, BEHIND - 2, BEHIND - 2);
    disk.room = Number.POSITIVE_INFINITY;
    disk.writes.length = 0;
    const remains = Buffer.from(disk.content);
    stage.store(offsets[5]!);
    expect(disk.content.equals(upTo(5))).toBe(true);
    for (const content of disk.remains(remains)) await expectFirst(content, BEFORE, BEHIND - 2);
  });

  test('at the end of a file that is being opened, without room: likewise', () => {
    const torn = Buffer.from(upTo(5));
    torn[offsets[4]! + RECORD_HEADER_LENGTH]! ^= 1;
    disk = new Disk(torn);
    stage = new JournalStage('/nowhere/a.journal', memory, disk.write);
    disk.room = 0;
    stage.wipe(offsets[4]!, offsets[5]!);
    append(BEFORE, 4);
    stage.begin(offsets[4]!);
    disk.room = Number.POSITIVE_INFINITY;
    stage.store(offsets[4]!);
    expect(disk.content.equals(upTo(4))).toBe(true);
  });
});

test('of padding only the header is written', () => {
  const start = offsets[BEFORE]!;
  const header = Buffer.alloc(RECORD_HEADER_LENGTH, 1);
  header.writeUInt32LE(whole.length - start - RECORD_HEADER_LENGTH, 24);
  memory.bytes.set(header, start);
  stage.storePadding(start);
  const written = disk.writes.reduce((sum, { bytes }) => sum + bytes.length, 0);
  expect(written).toBe(2 * RECORD_HEADER_LENGTH);
  expect(disk.content.subarray(start + 4, start + RECORD_HEADER_LENGTH).equals(header.subarray(4))).toBe(true);
  stage.store(whole.length);
  expect(disk.writes.length).toBe(2);
});
