import { resolveJournalOptions } from '../../src/journal/journal-options.js';
import { JournalWriter } from '../../src/journal/journal-writer.js';
import { RECORD_HEADER_LENGTH, RECORD_LENGTH_OFFSET, RECORD_SEQUENCE_OFFSET } from '../../src/layout/record.js';
import { appendedSource } from '../journal/appended-message.js';
import { MAX_NUMBERED_LENGTH, numberedPayload } from '../support/numbered-payload.js';
import { sleep, yieldToEvents } from '../support/pausing.js';
import { report, runCommand } from '../support/reporting.js';

/** Appends to a journal until it is killed: see `appended-message.ts`. */
export interface AppendJournal {
  readonly journal: string;
  /** Pause after 64 messages, to spare others on the disk; by default it goes as fast as it can. */
  readonly restMs?: number;
}

runCommand<AppendJournal>(async ({ journal, restMs = 0 }) => {
  const writer = JournalWriter.open(journal, appendedSource, resolveJournalOptions({ fileLength: 1024 * 1024 }));
  report('attached');
  const record = Buffer.alloc(RECORD_HEADER_LENGTH + MAX_NUMBERED_LENGTH);
  writer.readFrom(record);
  for (let sequence = writer.nextSequence(0) ?? 0; ; sequence++) {
    const payload = numberedPayload(0, sequence);
    record.writeUInt32LE(sequence, RECORD_SEQUENCE_OFFSET);
    record.writeUInt32LE(payload.length, RECORD_LENGTH_OFFSET);
    record.set(payload, RECORD_HEADER_LENGTH);
    writer.append(0, 0, 1, payload.length);
    if (restMs > 0 && sequence % 64 === 0) sleep(restMs);
    if (sequence % 256 === 0) await yieldToEvents();
  }
});
