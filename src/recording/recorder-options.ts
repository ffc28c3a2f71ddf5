import type { OptionNames } from '../checks.js';
import type { HermesError } from '../errors.js';
import { JOURNAL_OPTIONS, type JournalOptions } from '../journal/journal-options.js';
import type { JournalRepair } from '../journal/journal-recovery.js';
import type { JoinFrom } from '../membership/group-registry.js';
import { DIRECTORY_OPTIONS, type DirectoryOptions } from '../segment/directory.js';

/** How a recorder attaches, and how it writes. */
export interface RecorderOptions extends DirectoryOptions, JournalOptions {
  /** The journal's directory; made (0700) if it is missing. */
  readonly to: string;
  /** The group that it is the one member of: reliable, durable, exclusive. Default `journal`. */
  readonly group?: string | undefined;
  /** Where a new group begins. Default `oldest`. */
  readonly from?: JoinFrom | undefined;
  /** The CPU that the calling thread runs on from now on: as for attachConsumer. */
  readonly cpu?: number | undefined;
}

export const RECORDER_OPTIONS: OptionNames<RecorderOptions> = {
  ...DIRECTORY_OPTIONS,
  ...JOURNAL_OPTIONS,
  to: true,
  group: true,
  from: true,
  cpu: true,
};

/** How long a recorder runs, and whom it tells. */
export interface RunOptions {
  /** Ends the run. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the run when all is recorded and no producer is attached any more. Default false. */
  readonly drain?: boolean | undefined;
  /** Told once when there is no room, with the error, and once with null when it goes on. */
  readonly onBlocked?: ((error: HermesError | null) => void) | undefined;
}

export const RUN_OPTIONS: OptionNames<RunOptions> = { signal: true, drain: true, onBlocked: true };

/** A recorder as JSON has it. */
export interface RecorderJson {
  /** The segment's name. */
  readonly segment: string;
  readonly group: string;
  /** The journal's. */
  readonly directory: string;
  /** The journal's position behind the last message: bytes. */
  readonly position: number;
  readonly repair: JournalRepair | null;
  readonly missedCount: number;
  /** False once it has detached. */
  readonly isAttached: boolean;
}

export const DEFAULT_RECORDER_GROUP = 'journal';
