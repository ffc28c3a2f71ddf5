import { checkKnown } from '../checks.js';
import { HermesError } from '../errors.js';
import { RECORD_TIMESTAMP_OFFSET } from '../layout/record.js';
import { type IndexEntry, readIndex } from './file-index.js';
import { readJournalStart } from './file-start.js';
import { existingEntries, type JournalEntry } from './journal-directory.js';
import { JournalWalker, LANE_TABLE, MESSAGE } from './journal-walker.js';
import type { LaneSequences } from './lane-sequences.js';
import type { MappedFile } from './mapped-file.js';

/**
 * A place in a journal: a position (bytes); a message of a lane, of the segment that was recorded last; or a time
 * (nanoseconds since the Unix epoch), before which every message is older.
 */
export type JournalPlace =
  | { readonly position: number }
  | { readonly lane: number; readonly sequence: number }
  | { readonly timeNs: bigint };

/** The fields of all kinds of places. */
const PLACE_FIELDS: Readonly<Record<string, true>> = { position: true, lane: true, sequence: true, timeNs: true };

/** The files in which to look for a place, beginning with the last one that begins before it. @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND */
export function filesOfPlace(directory: string, place: JournalPlace): JournalEntry[] {
  const entries = existingEntries(directory).reverse();
  if ('position' in place) {
    const before = entries.filter((entry) => entry.firstPosition <= place.position);
    return before.length > 0 ? before : entries.reverse();
  }
  const candidates: JournalEntry[] = [];
  let segmentId: Buffer | undefined;
  for (const entry of entries) {
    const start = readJournalStart(entry);
    if (start === undefined) continue;
    const { header, table } = start;
    segmentId ??= header.segmentId;
    if ('lane' in place && !header.segmentId.equals(segmentId)) continue;
    candidates.unshift(entry);
    if (table !== undefined && isBefore(place, table.sequences, table.newestTimeNs)) break;
  }
  return candidates;
}

/** Goes to the last index entry before a place, and from there to the first message that is not before it. */
export function walkToPlace(file: MappedFile, place: JournalPlace): JournalWalker {
  const walker = new JournalWalker(file);
  const entry = readIndex(file.path, file.header).findLast((each) => isEntryBefore(place, each));
  if (entry !== undefined) {
    walker.readTables();
    walker.moveTo(file.offsetAt(entry.position), entry.sequences);
    const found = walker.next();
    if (found === MESSAGE) walker.stepBack();
    else return walkFromStart(file, place); // the index does not belong to these records
  }
  return walkUntil(walker, place);
}

function walkFromStart(file: MappedFile, place: JournalPlace): JournalWalker {
  return walkUntil(new JournalWalker(file), place);
}

function walkUntil(walker: JournalWalker, place: JournalPlace): JournalWalker {
  for (let found = walker.next(); found === MESSAGE || found === LANE_TABLE; found = walker.next()) {
    if (found === LANE_TABLE || isMessageBefore(walker, place)) continue;
    walker.stepBack();
    break;
  }
  return walker;
}

function isMessageBefore(walker: JournalWalker, place: JournalPlace): boolean {
  const { file, lane, recordOffset } = walker;
  if ('position' in place) return file.positionAt(recordOffset) < place.position;
  if ('lane' in place) return lane !== place.lane || walker.sequences.next(lane)! - 1 < place.sequence;
  return file.memory.times[(recordOffset + RECORD_TIMESTAMP_OFFSET) / 8]! < place.timeNs;
}

function isEntryBefore(place: JournalPlace, { position, sequences, newestTimeNs }: IndexEntry): boolean {
  if ('position' in place) return position <= place.position;
  return isBefore(place, sequences, newestTimeNs);
}

/** Whether a point of the journal lies before the place, by the lanes' next sequences and the newest time up to there. */
function isBefore(
  place: Exclude<JournalPlace, { readonly position: number }>,
  sequences: LaneSequences,
  newestTimeNs: bigint,
): boolean {
  if ('timeNs' in place) return newestTimeNs < place.timeNs;
  const next = sequences.next(place.lane);
  return next === undefined || next <= place.sequence;
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION */
export function checkPlace(place: JournalPlace): void {
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const { position, lane, sequence, timeNs } = (place ?? {}) as Record<string, unknown>;
  const isFine =
    position !== undefined
      ? isCount(position)
      : lane !== undefined
        ? isCount(lane) && isCount(sequence)
        : typeof timeNs === 'bigint';
  if (isFine) {
    checkKnown('A place in a journal', place, PLACE_FIELDS);
    return;
  }
  throw new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `${JSON.stringify(place, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))} is no place in a journal: give { position }, { lane, sequence } or { timeNs } (a BigInt)`,
  );
}
