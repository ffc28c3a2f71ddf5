import { resolveJournalOptions } from '../../../src/journal/journal-options.js';
import { JournalWriter } from '../../../src/journal/journal-writer.js';
import { RECORD_HEADER_LENGTH, RECORD_LENGTH_OFFSET, RECORD_SEQUENCE_OFFSET } from '../../../src/layout/record.js';
import {
  appendedLength,
  appendedPattern,
  appendedSource,
  MAX_APPENDED_LENGTH,
} from '../../journal/appended-message.js';
import { yieldToEvents } from './pausing.js';
import { report, runCommand } from './reporting.js';

/** Appends to a journal as fast as it can until it is killed: see `appended-message.ts`. */
export interface AppendJournal {
  readonly journal: string;
}

runCommand<AppendJournal>(async ({ journal }) => {
  const writer = JournalWriter.open(journal, appendedSource, resolveJournalOptions({ fileLength: 1024 * 1024 }));
  report('attached');
  const record = Buffer.alloc(RECORD_HEADER_LENGTH + MAX_APPENDED_LENGTH);
  writer.readFrom(record);
  for (let sequence = writer.nextSequence(0) ?? 0; ; sequence++) {
    const length = appendedLength(sequence);
    record.writeUInt32LE(sequence, RECORD_SEQUENCE_OFFSET);
    record.writeUInt32LE(length, RECORD_LENGTH_OFFSET);
    record.set(appendedPattern(sequence).subarray(0, length), RECORD_HEADER_LENGTH);
    writer.append(0, 0, 1, length);
    if (sequence % 256 === 0) await yieldToEvents();
  }
});
