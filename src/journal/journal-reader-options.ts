import { checkFlags, checkFunction, checkKnown, type OptionNames } from '../checks.js';
import type { Damage } from './corrupt-journal.js';
import type { JournalPlace } from './journal-seek.js';
import type { Gap } from './known-segments.js';

/** How a journal is read. */
export interface JournalReaderOptions {
  /** Where to begin. Default: with the oldest message that is there. */
  readonly from?: JournalPlace | undefined;
  /** Goes on behind damage, which is listed in `damages`, instead of throwing. Default false. */
  readonly skipDamage?: boolean | undefined;
  /** Told of damage when it is skipped. */
  readonly onDamage?: ((damage: Damage) => void) | undefined;
}

export const JOURNAL_READER_OPTIONS: OptionNames<JournalReaderOptions> = {
  from: true,
  skipDamage: true,
  onDamage: true,
};

/** How a journal is iterated. */
export interface FollowOptions {
  /** At the end, waits for more instead of ending. Default false. */
  readonly follow?: boolean | undefined;
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

export const FOLLOW_OPTIONS: OptionNames<FollowOptions> = { follow: true, signal: true };

/** A reader as JSON has it. */
export interface JournalReaderJson {
  readonly directory: string;
  readonly journalId: string;
  readonly segmentId: string;
  /** The position of the message that is being handled, or else of the next one: bytes. */
  readonly position: number;
  readonly damages: readonly Damage[];
  readonly gaps: readonly Gap[];
  readonly isClosed: boolean;
}

/** @throws HermesError ERR_HERMES_INVALID_OPTION; a place is looked at when it is gone to */
export function checkReaderOptions(options: JournalReaderOptions): void {
  checkKnown('A journal reader', options, JOURNAL_READER_OPTIONS);
  checkFlags(options, 'skipDamage');
  if (options.onDamage !== undefined) checkFunction('onDamage', options.onDamage);
}
