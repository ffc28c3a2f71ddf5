import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { type Message, openJournal, pruneJournal, verifyJournal } from '../../src/index.js';
import { resolveJournalOptions } from '../../src/journal/journal-options.js';
import { JournalWriter } from '../../src/journal/journal-writer.js';
import type { AppendJournal } from '../programs/append-journal.js';
import { Program } from '../support/program.js';
import { endAllProcesses } from '../support/started-process.js';
import { codeOf } from '../support/thrown.js';
import { appendedSource, checkAppended } from './appended-message.js';
import { scratchOnDisk } from './disk.js';

const COPIES = 12;
const KEEP_LENGTH: number = 4 * 1024 * 1024;

afterEach(endAllProcesses);

interface Copied {
  /** Messages without a gap, all of them right. */
  readonly count: number;
  readonly error: unknown;
}

function readCopy(directory: string): Copied {
  let first = -1;
  let count = 0;
  const check = (message: Message) => {
    if (count === 0) first = message.sequence;
    checkAppended(message, first + count++);
  };
  try {
    using reader = openJournal(directory);
    while (reader.read(check) > 0);
    return { count, error: undefined };
  } catch (error) {
    return { count, error };
  }
}

/** The last sequence in a copy, of whose messages some may be missing, but none is wrong. */
function lastSequence(directory: string): number {
  let last = -1;
  using reader = openJournal(directory, { skipDamage: true });
  const check = (message: Message) => {
    if (message.sequence <= last) throw new Error(`${message.sequence} came after ${last}`);
    last = message.sequence;
    checkAppended(message, last);
  };
  while (reader.read(check) > 0);
  return last;
}

describe.each([
  ['cp', ['-r']],
  ['cp', ['-r', '--sparse=always']],
])('a journal that is copied by %s %j while it is written to', (command, options) => {
  test('has whole messages, says where they end, and can be written to', { timeout: 120_000 }, async ({ annotate }) => {
    const directory = scratchOnDisk();
    const journal = path.join(directory, 'journal');
    const writer = Program.start('append-journal');
    await writer.next('standing by');
    writer.command({ journal, restMs: 1 } satisfies AppendJournal);
    await writer.next('attached');
    let wholeCount = 0;
    for (let round = 0; round < COPIES; round++) {
      await setTimeout(10);
      pruneJournal(journal, { keepBytes: KEEP_LENGTH });
      const copy = path.join(directory, `copy-${round}`);
      const copying = spawnSync(command, [...options, journal, copy], { encoding: 'utf8' });
      expect(copying).toMatchObject({ status: 0, stderr: '' });
      const { count, error } = readCopy(copy);
      if (error === undefined) {
        wholeCount++;
        expect(await verifyJournal(copy)).toMatchObject({ messages: count, damages: [], gaps: [] });
      } else expect(error).toMatchObject({ code: 'ERR_HERMES_CORRUPT_JOURNAL' });
      const settings = resolveJournalOptions({ fileLength: 1024 * 1024, skipDamage: true });
      const last = lastSequence(copy);
      const next = JournalWriter.open(copy, appendedSource, settings);
      expect(next.nextSequence(0) ?? 0).toBe(last + 1);
      expect(codeOf(() => JournalWriter.open(copy, appendedSource, settings))).toBe('ERR_HERMES_BUSY'); // its own lock
      next.close();
      fs.rmSync(copy, { recursive: true });
    }
    writer.kill();
    await writer.exited;
    await annotate(`${wholeCount} of ${COPIES} copies have no damage`);
  });
});
