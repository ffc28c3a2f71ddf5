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
  /** Called with damage that is skipped. */
  readonly onDamage?: ((damage: Damage) => void) | undefined;
}

export const JOURNAL_READER_OPTIONS: OptionNames<JournalReaderOptions> = {
  from: true,
  skipDamage: true,
  onDamage: true,
};

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

/** @throws HermesError ERR_HERMES_INVALID_OPTION; a place is checked by `seek` */
export function checkReaderOptions(options: JournalReaderOptions): void {
  checkKnown('A journal reader', options, JOURNAL_READER_OPTIONS);
  checkFlags(options, 'skipDamage');
  if (options.onDamage !== undefined) checkFunction('onDamage', options.onDamage);
}
