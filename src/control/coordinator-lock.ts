import fs from 'node:fs';
import path from 'node:path';
import { HermesError } from '../errors.js';
import { ByteLocks } from '../os/byte-locks.js';
import { blockFor } from '../os/timers.js';

/** No segment's name begins with a dot. */
const FILE_NAME = '.coordinator';
const FILE_MODE = 0o600;
const LOCK_OFFSET = 0;
/** Milliseconds for which a status that is being written is waited for. */
const MOST_TRIES = 20;

/** What a coordinator says about itself and about each segment that it looks after, for people. */
export interface CoordinatorStatus {
  readonly pid: number;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  readonly segments: Readonly<Record<string, SegmentStatus>>;
}

export interface SegmentStatus {
  /**
   * How the coordinator came to look after it: `created`: it was declared; `adopted`: it was declared, and there already;
   * `replaced`: it was declared, and there from an earlier boot; `found`: it was there without a declaration; `missing`: it was declared,
   * and could not be created.
   */
  readonly origin: 'created' | 'adopted' | 'replaced' | 'found' | 'missing';
  /** How often something was cleaned up after a death. */
  readonly reapCount: number;
  /** Milliseconds since the Unix epoch; null when nothing was cleaned up. */
  readonly lastReapAtMs: number | null;
  /** Why it cannot be looked after, or why it is not as it was declared; null if all is well. */
  readonly error: string | null;
}

/** The place of the one coordinator of a directory: a file whose first byte it keeps locked. */
export class CoordinatorLock {
  private constructor(
    private readonly file: string,
    private locks: ByteLocks,
  ) {}

  /** @throws HermesError ERR_HERMES_BUSY, naming the coordinator that is running */
  static take(directory: string): CoordinatorLock {
    const file = path.join(directory, FILE_NAME);
    const locks = ByteLocks.take(file, FILE_MODE, LOCK_OFFSET);
    if (locks !== undefined) return new CoordinatorLock(file, locks);
    throw new HermesError(
      'ERR_HERMES_BUSY',
      `The directory ${directory} has a coordinator already (process ${readStatus(file)?.pid ?? '?'}): stop that one, or use another directory`,
    );
  }

  /** Written in place, for anyone who wants to know. If it cannot be written, as on a full file system, nobody is told. */
  publish(status: CoordinatorStatus): void {
    try {
      this.takeAgain();
      this.locks.write(`${JSON.stringify(status)}\n`);
    } catch {
      // The coordinator goes on with its real work.
    }
  }

  /** Somebody may have removed the file, and another coordinator may have made it anew. Two coordinators do each other no harm. @throws HermesError */
  private takeAgain(): void {
    if (this.locks.isInPlace) return;
    const locks = ByteLocks.take(this.file, FILE_MODE, LOCK_OFFSET);
    if (locks === undefined) return;
    this.locks.close();
    this.locks = locks;
  }

  /** The file stays: to remove it could remove the next coordinator's. */
  release(): void {
    this.locks.close();
  }
}

/** The status of the directory's coordinator, if one is running now. */
export function coordinatorStatus(directory: string): CoordinatorStatus | null {
  const file = path.join(directory, FILE_NAME);
  let locks: ByteLocks;
  try {
    locks = ByteLocks.openReadOnly(file);
  } catch {
    return null; // there never was a coordinator, or the file is somebody else's
  }
  try {
    return locks.isLockedByOther(LOCK_OFFSET) ? readStatus(file) : null;
  } finally {
    locks.close();
  }
}

/** Looks again while the file is being written, for some milliseconds. Null when it is not there, or no status. */
function readStatus(file: string): CoordinatorStatus | null {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8')) as CoordinatorStatus;
    } catch (error) {
      if (!(error instanceof SyntaxError)) return null;
      blockFor(1);
    }
  }
  return null;
}
