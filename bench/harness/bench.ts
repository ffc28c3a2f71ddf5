import type { Profile } from './profile.js';
import type { Scratch } from './scratch.js';

/** What everything that measures is given. */
export interface Bench {
  readonly profile: Profile;
  readonly scratch: Scratch;
  readonly interrupted: AbortSignal;
  /** Tells people how far it is. */
  progress(text: string): void;
}

/** Bytes of a ring, whoever made it: the default of Hermes. */
export const RING_CAPACITY: number = 1024 * 1024;

/** Messages that are published together where nothing else is said. */
export const BATCH_COUNT = 16;

/** Bytes of a payload where nothing else is said. */
export const PAYLOAD_LENGTH = 64;
