import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { inspectJournal } from '../../src/journal/inspect-journal.js';
import { type JournalReader, openJournal } from '../../src/journal/journal-reader.js';
import { rejectionCode, rejectionOf } from '../support/rejected.js';
import { untilTimerFires } from '../support/turns-counter.js';
import { FixtureWriter, filesOf, journalDirectory, laneZero, messagesOf, namesOf } from './journal-fixture.js';

/** More than a file holds. */
const COUNT = 700;

function recorded(count = COUNT): { directory: string; writer: FixtureWriter } {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  writer.appendRange(0, count);
  return { directory, writer };
}

/** The sequences of the next messages, `count` of them; leaves the loop at the last. */
async function take(
  reader: JournalReader,
  count: number,
  at: (sequence: number) => void = () => {},
): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { sequence } of reader) {
    sequences.push(sequence);
    at(sequence);
    if (sequences.length === count) break;
  }
  return sequences;
}

const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

describe('whoever leaves a loop over a journal goes on behind the last message', () => {
  test('by break, again and again, from file to file', async () => {
    const { directory } = recorded();
    expect(filesOf(directory).length).toBeGreaterThan(1);
    using reader = openJournal(directory);
    for (let next = 0, size = 1; next < COUNT; next += size, size = (size % 97) + 1) {
      const count = Math.min(size, COUNT - next);
      expect(await take(reader, count)).toEqual(from(next, count));
      expect(reader.nextSequence(0)).toBe(next + count);
    }
    expect(await take(reader, 1)).toEqual([]);
  });

  test('by an error in its body', async () => {
    const { directory } = recorded();
    using reader = openJournal(directory);
    const failing = take(reader, 9, (sequence) => {
      if (sequence === 2) throw 'body';
    });
    expect(await rejectionOf(failing)).toBe('body');
    expect(await take(reader, 1)).toEqual([3]);
  });

  test('by its signal', async () => {
    const { directory } = recorded();
    using reader = openJournal(directory);
    const ending = new AbortController();
    for await (const { sequence } of reader.messages({ signal: ending.signal, follow: true })) {
      if (sequence === 4) ending.abort();
    }
    expect(await take(reader, 1)).toEqual([5]);
  });

  test('by return and by throw, before and after the first message', async () => {
    const { directory } = recorded();
    using reader = openJournal(directory);
    await reader.messages().return();
    await expect(reader.messages().throw('left')).rejects.toBe('left');
    const messages = reader.messages();
    expect((await messages.next()).value).toMatchObject({ sequence: 0 });
    await messages.return();
    expect(await messages.next()).toEqual({ done: true, value: undefined });
    const others = reader.messages();
    await others.next();
    await expect(others.throw('left')).rejects.toBe('left');
    expect(await others.next()).toEqual({ done: true, value: undefined });
    expect(await take(reader, 1)).toEqual([2]);
  });

  test('with read, and back', async () => {
    const { directory } = recorded();
    using reader = openJournal(directory);
    await take(reader, 3);
    const read: number[] = [];
    reader.read(({ sequence }) => read.push(sequence), 2);
    expect(read).toEqual([3, 4]);
    expect(await take(reader, 2)).toEqual([5, 6]);
  });
});

test('the position of the reader is that of the next message, also in the loop', async () => {
  const { directory } = recorded(50);
  const positions = (await messagesOf(directory)).map(({ position }) => position);
  using reader = openJournal(directory);
  for await (const { sequence, position } of reader) {
    expect(position).toBe(positions[sequence]);
    expect(reader.position).toBe(positions[sequence + 1] ?? inspectJournal(directory).position);
  }
});

test('a seek in the loop moves it', async () => {
  const { directory } = recorded();
  using reader = openJournal(directory);
  const seen = await take(reader, 5, (sequence) => {
    if (sequence === 1) reader.seek({ lane: 0, sequence: 500 });
    if (sequence === 501) reader.seek({ lane: 0, sequence: 3 });
  });
  expect(seen).toEqual([0, 1, 500, 501, 3]);
});

test('closing the reader in the loop ends it; a loop over a closed one is refused', async () => {
  const { directory } = recorded();
  const reader = openJournal(directory);
  expect(await take(reader, 9, (sequence) => sequence === 2 && reader.close())).toEqual([0, 1, 2]);
  expect(await rejectionCode(reader.messages().next())).toBe('ERR_HERMES_DETACHED');
});

test('closing a reader that waits for more ends it', async () => {
  const { directory } = recorded(1);
  const reader = openJournal(directory);
  const messages = reader.messages({ follow: true });
  await messages.next();
  const asked = messages.next();
  await setTimeout(3);
  reader.close();
  expect(await asked).toEqual({ done: true, value: undefined });
});

test('two loops over a reader share its messages: each comes once', async () => {
  const { directory } = recorded();
  using reader = openJournal(directory);
  const seen: number[] = [];
  const loop = async () => {
    for await (const { sequence } of reader) {
      seen.push(sequence);
      if (sequence % 50 === 0) await setTimeout(1);
    }
  };
  await Promise.all([loop(), loop(), loop()]);
  expect(seen.toSorted((a, b) => a - b)).toEqual(from(0, COUNT));
});

test('messages that are asked for all at once come in order, also those that are not there yet', async () => {
  const { directory, writer } = recorded(3);
  using reader = openJournal(directory);
  const messages = reader.messages({ follow: true });
  const asked = Array.from({ length: 6 }, () => messages.next());
  await setTimeout(5);
  writer.appendRange(3, 6);
  const later = messages.next();
  writer.appendRange(6, 7);
  const results = await Promise.all([...asked, later]);
  expect(namesOf(results.map(({ value }) => value!))).toEqual(laneZero(7));
  await messages.return();
});

test('a loop over a journal lets timers fire, and its signal end it', async () => {
  const { directory } = recorded();
  using reader = openJournal(directory);
  let messages = reader.messages();
  await untilTimerFires(async () => {
    if ((await messages.next()).done !== true) return;
    reader.seek({ position: 0 });
    messages = reader.messages();
  });
  const signal = AbortSignal.timeout(5);
  for (let count = 0; !signal.aborted; count++) {
    if (count === 10_000) throw new Error('the signal was not set off');
    reader.seek({ position: 0 });
    for await (const _ of reader.messages({ signal }));
  }
});
