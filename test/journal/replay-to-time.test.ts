import { describe, expect, test } from 'vitest';
import { openJournal } from '../../src/index.js';
import { Replay, type ReplayOptions } from '../../src/recording/replay.js';
import { FixtureWriter, journalDirectory, SEGMENT_ID, timeOf } from './journal-fixture.js';

const COUNT = 30_000;
const FILE_LENGTH = 1024 * 1024;
const PAYLOAD: Buffer = Buffer.alloc(40);

/** `[lane, sequence]` in the order in which they are recorded; a message's time follows from its sequence. */
function recorded(order: Iterable<readonly [lane: number, sequence: number]>): string {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory, { fileLength: FILE_LENGTH });
  for (const [lane, sequence] of order) writer.append(lane, sequence, PAYLOAD);
  writer.close();
  return directory;
}

interface Replayed {
  /** How many messages of each lane. */
  readonly counts: Record<number, number>;
  /** Bytes of the journal that were not read. */
  readonly unread: number;
}

function replayTo(directory: string, timeNs: bigint, { follow, lane: only }: ReplayOptions = {}): Replayed {
  using reader = openJournal(directory);
  using end = openJournal(directory, { from: { position: Number.MAX_SAFE_INTEGER } });
  const replay = new Replay(reader, { to: { timeNs }, follow, lane: only });
  const counts: Record<number, number> = {};
  const count = ({ lane, timestamp }: { lane: number; timestamp: bigint }) => {
    expect(timestamp).toBeLessThan(timeNs);
    counts[lane] = (counts[lane] ?? 0) + 1;
  };
  while (replay.read(count, 1024) > 0);
  return { counts, unread: end.position - reader.position };
}

function* alternating(lanes: number): Generator<[number, number]> {
  for (let sequence = 0; sequence < COUNT; sequence++) for (let lane = 0; lane < lanes; lane++) yield [lane, sequence];
}

/** Lane 1 is recorded long after lane 0, with the same times. */
function* laneAfterLane(): Generator<[number, number]> {
  for (let lane = 0; lane < 2; lane++) for (let sequence = 0; sequence < COUNT; sequence++) yield [lane, sequence];
}

/** Lane 1 goes silent before the time, and comes back at the very end. */
function* silentLane(): Generator<[number, number]> {
  for (let sequence = 0; sequence < 10; sequence++) yield [1, sequence];
  for (let sequence = 0; sequence < COUNT; sequence++) yield [0, sequence];
  yield [1, 10];
}

test('ends early where no lane has anything older to come', () => {
  const { counts, unread } = replayTo(recorded(alternating(3)), timeOf(100));
  expect(counts).toEqual({ 0: 100, 1: 100, 2: 100 });
  expect(unread).toBeGreaterThan(FILE_LENGTH);
});

test('reads on where a lane is recorded late', () => {
  expect(replayTo(recorded(laneAfterLane()), timeOf(100)).counts).toEqual({ 0: 100, 1: 100 });
});

test('a lane that is silent does not keep it, and a message that is late and older is found', () => {
  const directory = recorded(silentLane());
  const early = replayTo(directory, timeOf(5));
  expect([early.counts, early.unread > FILE_LENGTH]).toEqual([{ 0: 5, 1: 5 }, true]);
  expect(replayTo(directory, timeOf(11)).counts).toEqual({ 0: 11, 1: 11 });
});

test('reads to the end where more may come', () => {
  expect(replayTo(recorded(alternating(2)), timeOf(100), { follow: true }).unread).toBe(0);
});

test('of one lane ends at its first message that is not older, whatever follows', () => {
  const directory = recorded(alternating(2));
  const { counts, unread } = replayTo(directory, timeOf(100), { lane: 1 });
  expect([counts, unread > FILE_LENGTH]).toEqual([{ 1: 100 }, true]);
  expect(replayTo(directory, timeOf(100), { lane: 1, follow: true }).counts).toEqual({ 1: 100 });
});

describe('where the times of a lane go back, as of a writer with another clock', () => {
  const DAY_NS = 86_400_000_000_000n;

  /** One lane: messages `from` to `to` are a day ahead. */
  function withAnotherClock(count: number, from: number, to: number): string {
    const directory = journalDirectory();
    const writer = FixtureWriter.open(directory, { fileLength: FILE_LENGTH });
    for (let sequence = 0; sequence < count; sequence++) {
      const isAhead = sequence >= from && sequence < to;
      writer.append(0, sequence, PAYLOAD, timeOf(sequence) + (isAhead ? DAY_NS : 0n));
    }
    writer.close();
    return directory;
  }

  test.each([
    [3, 1, 2],
    [5000, 100, 101],
    [5000, 100, 3000],
    [5000, 0, 1],
  ])('of %d messages, all that are older are there, though %d to %d are newer', (count, from, to) => {
    const directory = withAnotherClock(count, from, to);
    const expected = { 0: count - (to - from) };
    expect(replayTo(directory, timeOf(count), { lane: 0 }).counts).toEqual(expected);
    expect(replayTo(directory, timeOf(count)).counts).toEqual(expected);
  });
});

test('a segment that was recorded later and has earlier times is replayed, too: the clock was set meanwhile', () => {
  const directory = journalDirectory();
  const first = FixtureWriter.open(directory, { fileLength: FILE_LENGTH });
  for (let sequence = 0; sequence < 20; sequence++) first.append(0, sequence, PAYLOAD);
  first.close();
  const second = FixtureWriter.open(directory, { fileLength: FILE_LENGTH }, Buffer.alloc(SEGMENT_ID.length, 'two'));
  for (let sequence = 0; sequence < 20; sequence++) second.append(0, sequence, PAYLOAD);
  second.close();
  expect(replayTo(directory, timeOf(10), { lane: 0 }).counts).toEqual({ 0: 20 });
  expect(replayTo(directory, timeOf(10)).counts).toEqual({ 0: 20 });
});
