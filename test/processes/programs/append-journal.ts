import { resolveJournalOptions } from '../../../src/journal/journal-options.js';
import { JournalWriter } from '../../../src/journal/journal-writer.js';
import { RECORD_LENGTH_OFFSET, RECORD_SEQUENCE_OFFSET } from '../../../src/layout/record.js';
import { lengthOfSequence as lengthOf } from '../../journal/length-of-sequence.js';
import { yieldToEvents } from './pausing.js';
import { report, runCommand } from './reporting.js';

/** Appends to a journal as fast as it can until it is killed; lengths follow from sequences. */
export interface AppendJournal {
  readonly journal: string;
}

const RECORD_LENGTH = 2048;

runCommand<AppendJournal>(async ({ journal }) => {
  const source = { segmentId: Buffer.alloc(16, 1), laneCount: 1, maxPayloadLength: RECORD_LENGTH, checksum: false };
  const writer = JournalWriter.open(journal, source, resolveJournalOptions({ fileLength: 1024 * 1024 }));
  report('attached');
  const record = Buffer.alloc(RECORD_LENGTH);
  writer.readFrom(record);
  for (let sequence = writer.nextSequence(0) ?? 0; ; sequence++) {
    record.writeUInt32LE(sequence, RECORD_SEQUENCE_OFFSET);
    record.writeUInt32LE(lengthOf(sequence), RECORD_LENGTH_OFFSET);
    writer.append(0, 0, 1, lengthOf(sequence));
    if (sequence % 256 === 0) await yieldToEvents();
  }
});
