import { removalCommand } from '../control/held-back-remedy.js';
import { HermesError } from '../errors.js';
import type { JournalSource } from '../journal/journal-writer.js';
import { journalSource } from '../participants/producer-journal.js';
import { activeGroups, type GroupEntry } from '../segment/group-entries.js';
import { openSegment, type Segment } from '../segment/segment.js';

/** What a recorder has to know of a segment. @throws HermesError, _INVALID_OPTION if the recorder's group exists and is of another kind */
export function recordedSegment(name: string, directory: string | undefined, group: string): JournalSource {
  const segment = openSegment(name, { directory }, 'read-only');
  try {
    const entry = activeGroups(segment.memory).find((candidate) => candidate.name === group);
    if (entry !== undefined) checkKind(segment, entry);
    return journalSource(segment);
  } finally {
    segment.close();
  }
}

function checkKind(segment: Segment, { name, mode, shared, durable }: GroupEntry): void {
  if (mode === 'reliable' && durable && !shared) return;
  const kind = mode === 'lossy' ? 'lossy' : shared ? 'shared' : 'ephemeral';
  const removal =
    mode === 'lossy'
      ? ''
      : `; if nobody else will read it, remove it, for it holds producers back: ${removalCommand(segment, name)}`;
  throw new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `The group ${name} is ${kind}, and a recorder is the one member of a durable group of its own: choose another name (its default is journal)${removal}`,
  );
}
