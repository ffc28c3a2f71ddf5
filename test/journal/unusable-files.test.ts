import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectJournal, pruneJournal } from '../../src/index.js';
import { JOURNAL_ID_OFFSET, JOURNAL_MAJOR_OFFSET } from '../../src/layout/journal-file.js';
import { codeOf } from '../support/thrown.js';
import { CommandLine, jsonLines } from '../tools/command-line.js';
import { FixtureWriter, filesOf, journalDirectory, overwrite, SMALL_FILE } from './journal-fixture.js';

/** A journal of some files, that nobody writes to. */
function journalOfFiles(): { directory: string; names: string[] } {
  const directory = journalDirectory();
  const fixture = FixtureWriter.open(directory);
  fixture.appendRange(0, 4000);
  fixture.close();
  const names = filesOf(directory).map((file) => path.basename(file));
  expect(names.length).toBeGreaterThan(4);
  return { directory, names };
}

const DAMAGES: Record<string, { readonly code: string; readonly spoil: (file: string) => void }> = {
  'is no file of a journal': {
    code: 'ERR_HERMES_CORRUPT_JOURNAL',
    spoil: (file) => fs.writeFileSync(file, 'something else\n'.repeat(5000)),
  },
  'is a directory': {
    code: 'ERR_HERMES_CORRUPT_JOURNAL',
    spoil: (file) => {
      fs.rmSync(file);
      fs.mkdirSync(file);
    },
  },
  'is a FIFO': {
    code: 'ERR_HERMES_CORRUPT_JOURNAL',
    spoil: (file) => {
      fs.rmSync(file);
      execFileSync('mkfifo', [file]);
    },
  },
  'has a damaged header': {
    code: 'ERR_HERMES_CORRUPT_JOURNAL',
    spoil: (file) => overwrite(file, JOURNAL_ID_OFFSET, Buffer.alloc(4, 0xff)),
  },
  'is of another version': {
    code: 'ERR_HERMES_INCOMPATIBLE_LAYOUT',
    spoil: (file) => overwrite(file, JOURNAL_MAJOR_OFFSET, Buffer.of(99)),
  },
};

describe.each(Object.entries(DAMAGES))('one file among others that %s', (_, { code, spoil }) => {
  test.each([
    ['first', 0],
    ['in the middle', 2],
    ['last', -1],
  ])('%s: the others are told of, and it beside them', (_where, which) => {
    const { directory, names } = journalOfFiles();
    const bad = names.at(which)!;
    spoil(path.join(directory, bad));
    const inspection = inspectJournal(directory);
    expect(inspection.files.map(({ name }) => name)).toEqual(names.filter((name) => name !== bad));
    expect(inspection.unusable).toEqual([{ name: bad, code, message: expect.stringContaining(bad) }]);
    expect(inspection.lanes).toMatchObject([{ lane: 0, nextSequence: which === -1 ? expect.any(Number) : 4000 }]);
  });

  test('in the middle: what is old is removed around it, and it stays', () => {
    const { directory, names } = journalOfFiles();
    const bad = names[1]!;
    spoil(path.join(directory, bad));
    const good = names.filter((name) => name !== bad);
    const report = { removedLength: (good.length - 2) * SMALL_FILE, pinned: null, doubtful: null, unusable: [bad] };
    const dry = pruneJournal(directory, { keepBytes: 2 * SMALL_FILE, dryRun: true });
    expect(dry).toEqual({ ...report, removed: good.slice(0, -2) });
    expect(pruneJournal(directory, { keepBytes: 2 * SMALL_FILE })).toEqual(dry);
    expect(filesOf(directory).map((file) => path.basename(file))).toEqual([bad, ...good.slice(-2)]);
  });
});

test('where no file can be used, that is the error', () => {
  const { directory, names } = journalOfFiles();
  for (const name of names) fs.writeFileSync(path.join(directory, name), 'something else\n'.repeat(5000));
  expect(codeOf(() => inspectJournal(directory))).toBe('ERR_HERMES_CORRUPT_JOURNAL');
});

test('the commands show it: ls in its row, info and prune on stderr', async () => {
  const { directory, names } = journalOfFiles();
  const cli = new CommandLine();
  const bad = names[2]!;
  fs.writeFileSync(path.join(directory, bad), 'something else\n'.repeat(5000));
  const listed = await cli.runHere(['journal', 'ls', directory]);
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(listed.stdout.toString()).toMatch(new RegExp(`^${bad} +ERR_HERMES_CORRUPT_JOURNAL$`, 'm'));
  const { stdout } = await cli.runHere(['journal', 'ls', directory, '--json']);
  const error = { code: 'ERR_HERMES_CORRUPT_JOURNAL', message: expect.stringContaining(bad) };
  expect(jsonLines(stdout)).toContainEqual({ name: bad, error });
  expect(jsonLines(stdout).length).toBe(names.length);
  const told = await cli.runHere(['journal', 'info', directory]);
  expect(told).toMatchObject({ code: 0, stderr: expect.stringMatching(new RegExp(`CORRUPT_JOURNAL: .*${bad}`)) });
  const pruned = await cli.runHere(['journal', 'prune', directory, '--keep-bytes', '0']);
  expect(pruned).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(new RegExp(`${bad} cannot be used.*it stays`)),
  });
});
