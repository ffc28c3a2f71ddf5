import { expect } from 'vitest';
import { InlineJournal } from '../../src/journal/inline-journal.js';
import { resolveJournalOptions } from '../../src/journal/journal-options.js';
import { JournalWriter } from '../../src/journal/journal-writer.js';
import { journalSource } from '../../src/participants/producer-journal.js';
import { LaneWriter } from '../../src/ring/lane-writer.js';
import { openSegment } from '../../src/segment/segment.js';

/** Leaves what a producer of lane 0 leaves that died after it had appended these messages and before it published them. */
export function dieBeforePublishing(
  name: string,
  directory: string,
  journal: string,
  payloads: readonly Uint8Array[],
): void {
  const segment = openSegment(name, { directory }, 'read-write');
  const settings = resolveJournalOptions({ fileLength: 4 * 1024 * 1024 });
  const inline = new InlineJournal(JournalWriter.open(journal, journalSource(segment), settings), 'os', 100);
  inline.join(segment.memory, 0, segment.header.segmentId);
  const dying = {
    take(head: number, end: number) {
      inline.take(head, end);
      throw new Error('died');
    },
  };
  const writer = new LaneWriter(segment.memory, 0, undefined, dying);
  expect(() => writer.offerBatch(payloads, 1)).toThrow('died');
  inline.close();
  segment.close();
}
