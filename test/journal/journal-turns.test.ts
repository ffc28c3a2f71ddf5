import { expect, test } from 'vitest';
import { createSegment, openJournal, Replay, replayInto } from '../../src/index.js';
import { verifyJournal } from '../../src/journal/verify-journal.js';
import { scratchDirectory } from '../support/scratch.js';
import { FixtureWriter, journalDirectory } from './journal-fixture.js';

/** As many as take some milliseconds, whatever is done with them. */
const COUNT = 60_000;

/** A journal of many messages, all of lane 0. */
function recorded(): string {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory, { fileLength: 16 * 1024 * 1024 });
  const payload = Buffer.alloc(200, 1);
  for (let sequence = 0; sequence < COUNT; sequence++) writer.append(0, sequence, payload);
  writer.close();
  return directory;
}

/** How often the event loop has turned until something was over. */
async function turnsOf(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isOver = true;
  return turns;
}

test('a verification leaves the event loop its turns', async () => {
  const journal = recorded();
  const turns = await turnsOf(async () => expect((await verifyJournal(journal)).messages).toBe(COUNT));
  expect(turns).toBeGreaterThan(3);
});

test('a replay leaves the event loop its turns, also where nothing of what it reads is asked for', async () => {
  const journal = recorded();
  const directory = scratchDirectory();
  createSegment('again', { directory, capacity: 65_536 });
  const turns = await turnsOf(async () => {
    const { messages } = await replayInto(journal, 'again', { directory, lane: 1 });
    expect(messages).toBe(0);
  });
  expect(turns).toBeGreaterThan(3);
});

test('a replay that reads by itself passes what is not asked for', () => {
  const journal = recorded();
  using reader = openJournal(journal);
  const replay = new Replay(reader, { to: { lane: 0, sequence: 10 } });
  const sequences: number[] = [];
  while (replay.read(({ sequence }) => sequences.push(sequence), 3) > 0);
  expect(sequences).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(new Replay(reader, { lane: 1 }).read(() => {}, 3)).toBe(0);
  expect(reader.nextSequence(0)).toBe(COUNT); // it has gone to the end
});
