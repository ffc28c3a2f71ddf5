import { checkKnown, checkObject, checkPath, type OptionNames } from '../checks.js';
import { HermesError } from '../errors.js';
import { InlineJournal } from '../journal/inline-journal.js';
import { JOURNAL_OPTIONS, type JournalOptions, resolveJournalOptions } from '../journal/journal-options.js';
import { type JournalSource, JournalWriter } from '../journal/journal-writer.js';
import { JOURNAL_DATA_OFFSET, laneTableLength } from '../layout/journal-file.js';
import { recordLength } from '../layout/record.js';
import type { DirectoryOptions } from '../segment/directory.js';
import { openSegment, type Segment } from '../segment/segment.js';

/** A journal in a producer's path. */
export interface ProducerJournalOptions extends JournalOptions {
  /** Where it is; made (0700) if it is missing. */
  readonly directory: string;
}

const PRODUCER_JOURNAL_OPTIONS: OptionNames<ProducerJournalOptions> = { ...JOURNAL_OPTIONS, directory: true };

/** What a journal has to know of a segment. */
export function journalSource({ header }: Segment): JournalSource {
  const { laneCount, maxPayloadLength } = header.geometry;
  return { segmentId: Buffer.from(header.segmentId), laneCount, maxPayloadLength, checksum: header.checksum };
}

/** Opens the journal of a producer that is about to attach, before anybody waits for the control lock. @throws HermesError */
export function openInlineJournal(
  name: string,
  { journal, ...options }: DirectoryOptions & { readonly journal?: string | ProducerJournalOptions | undefined },
): InlineJournal | undefined {
  if (journal === undefined) return undefined;
  const given = typeof journal === 'string' ? { directory: journal } : journal;
  checkObject('journal', given);
  checkKnown('journal', given, PRODUCER_JOURNAL_OPTIONS);
  checkPath('journal.directory', given.directory);
  const { source, laneCapacity } = describe(name, options);
  // What is published together goes into one file, so that it can be taken back together.
  const least = JOURNAL_DATA_OFFSET + recordLength(laneTableLength(source.laneCount)) + laneCapacity;
  const settings = resolveJournalOptions(given);
  if (given.fileLength !== undefined && given.fileLength < least) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `fileLength is ${given.fileLength}: a journal in a producer's path needs files of at least ${least} bytes, which hold a lane; give more`,
    );
  }
  const fileLength = Math.max(settings.fileLength, Math.ceil(least / 4096) * 4096);
  const writer = JournalWriter.open(given.directory, source, { ...settings, fileLength });
  return new InlineJournal(writer, settings.sync, settings.syncIntervalMs);
}

function describe(name: string, options: DirectoryOptions): { source: JournalSource; laneCapacity: number } {
  const segment = openSegment(name, options, 'read-only');
  try {
    return { source: journalSource(segment), laneCapacity: segment.header.geometry.laneCapacity };
  } finally {
    segment.close();
  }
}
