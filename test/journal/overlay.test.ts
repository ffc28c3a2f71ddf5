import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openJournal } from '../../src/journal/journal-reader.js';
import { verifyJournal } from '../../src/journal/verify-journal.js';
import { canMountOverlay, overlayOver } from '../support/overlay.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';
import { FixtureWriter } from './journal-fixture.js';

const COUNT = 300;

/** A journal of ten messages as an overlay shows it that was not written to yet. */
function journalOnOverlay(): string {
  const lower = scratchDirectory();
  const writer = FixtureWriter.open(path.join(lower, 'journal'));
  writer.appendRange(0, 10);
  writer.close();
  return path.join(overlayOver(lower), 'journal');
}

/** The first write copies a file up: what was mapped before stays with the lower one. */
describe.skipIf(!canMountOverlay)('a reader on an overlay that is not written to yet', () => {
  test('sees what is written later, from file to file', () => {
    const directory = journalOnOverlay();
    using reader = openJournal(directory);
    let next = 0;
    const readAll = () => {
      while (
        reader.read(({ sequence }) => {
          expect(sequence).toBe(next++);
        }) > 0
      );
    };
    readAll();
    expect(next).toBe(10);
    const writer = FixtureWriter.open(directory);
    readAll();
    for (const end of [11, 12, 40, COUNT]) {
      writer.appendRange(next, end);
      readAll();
      expect(next).toBe(end);
    }
    expect(fs.readdirSync(directory).filter((name) => /^\d.*journal$/.test(name)).length).toBeGreaterThan(4);
  });

  test('follows it from the end on, having read nothing', async () => {
    const directory = journalOnOverlay();
    using reader = openJournal(directory, { from: { lane: 0, sequence: 10 } });
    const ending = new AbortController();
    const seen: number[] = [];
    const following = (async () => {
      for await (const { sequence } of reader.messages({ follow: true, signal: ending.signal })) seen.push(sequence);
    })();
    await sleep(30);
    const writer = FixtureWriter.open(directory);
    writer.appendRange(10, COUNT);
    await until(() => seen.length >= COUNT - 10);
    ending.abort();
    await following;
    expect(seen).toEqual(Array.from({ length: COUNT - 10 }, (_, i) => i + 10));
    writer.close();
    expect(await verifyJournal(directory)).toMatchObject({ messages: COUNT, damages: [], gaps: [] });
  });
});
