import type { DirectoryOptions } from '../broker/directory.js';
import type { JoinFrom } from '../broker/group-registry.js';
import type { HermesError } from '../errors.js';
import type { JournalOptions } from '../journal/journal-options.js';

/** How a recorder attaches, and how it writes. */
export interface RecorderOptions extends DirectoryOptions, JournalOptions {
  /** The journal's directory; made (0700) if it is missing. */
  readonly to: string;
  /** The group that it is the one member of: reliable, durable, exclusive. Default `journal`. */
  readonly group?: string | undefined;
  /** Where a new group begins. Default `oldest`. */
  readonly from?: JoinFrom | undefined;
}

/** How long a recorder runs, and whom it tells. */
export interface RunOptions {
  /** Ends the run. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the run when all is recorded and no producer is attached any more. Default false. */
  readonly drain?: boolean | undefined;
  /** Told once when there is no room, with the error, and once with null when it goes on. */
  readonly onBlocked?: ((error: HermesError | null) => void) | undefined;
}

export const DEFAULT_RECORDER_GROUP = 'journal';
