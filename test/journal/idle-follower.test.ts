import fs from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { inspectJournal } from '../../src/journal/inspect-journal.js';
import { openJournal } from '../../src/journal/journal-reader.js';
import { JOURNAL_DATA_OFFSET } from '../../src/layout/journal-file.js';
import { FixtureWriter, filesOf, journalDirectory, lastFile, overwrite } from './journal-fixture.js';

afterEach(() => vi.restoreAllMocks());

/** A journal of many files: with a writer, without one, or full to the brim of its last file. */
function recorded(kind: string): string {
  const directory = journalDirectory();
  const writer = FixtureWriter.open(directory);
  const left = () => 65_472 - (writer.writer.position % 65_472);
  let sequence = 0;
  while (filesOf(directory).length < 20) writer.append(0, sequence++, Buffer.alloc(16_000));
  if (kind === 'at the end of a file') {
    while (left() > 17_000) writer.append(0, sequence++, Buffer.alloc(16_000));
    writer.append(0, sequence, Buffer.alloc(left() - 32));
  }
  if (kind !== 'with a writer') writer.close();
  return directory;
}

describe('a reader at the end', () => {
  test.each(['with a writer', 'without a writer', 'at the end of a file'])(
    'lists the directory once, and looks at few files, however many there are: %s',
    (kind) => {
      const directory = recorded(kind);
      using reader = openJournal(directory);
      while (reader.read(() => {}) > 0);
      const calls = [vi.spyOn(fs, 'readdirSync'), vi.spyOn(fs, 'statSync'), vi.spyOn(fs, 'openSync')] as const;
      for (let look = 0; look < 200; look++) expect(reader.read(() => {})).toBe(0);
      const [listings, stats, opens] = calls.map(({ mock }) => mock.calls.length);
      expect(listings).toBeLessThanOrEqual(1);
      expect(stats).toBeLessThanOrEqual(200 * 3);
      expect(opens).toBeLessThanOrEqual(200 * 2);
    },
  );

  test.each([0, 10_000])('surveys a torn tail once: %i bytes behind the last record', (distance) => {
    const directory = recorded('without a writer');
    const { position, files } = inspectJournal(directory);
    const offset = JOURNAL_DATA_OFFSET + position - files.at(-1)!.firstPosition;
    overwrite(lastFile(directory), offset + distance, Buffer.from('HRMSgarbage'));
    using reader = openJournal(directory);
    while (reader.read(() => {}) > 0);
    const compare = vi.spyOn(Buffer.prototype, 'compare');
    for (let look = 0; look < 100; look++) expect(reader.read(() => {})).toBe(0);
    expect(compare.mock.calls.length).toBe(0);
  });
});
