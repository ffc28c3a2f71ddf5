import type { OptionNames } from '../checks.js';
import { PARTICIPANT_OPTIONS, type ParticipantOptions } from './participant-options.js';
import type { ProducerJournalOptions } from './producer-journal.js';

/** How a producer attaches. */
export interface ProducerOptions<T = Uint8Array> extends ParticipantOptions<T> {
  /**
   * A directory: every message is appended to the journal there before it is published. It is this producer's alone.
   * With `sync: 'every'` each publication waits for the disk.
   */
  readonly journal?: string | ProducerJournalOptions | undefined;
}

export const PRODUCER_OPTIONS: OptionNames<ProducerOptions<unknown>> = { ...PARTICIPANT_OPTIONS, journal: true };
