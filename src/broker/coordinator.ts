import fs from 'node:fs';
import path from 'node:path';
import { HermesError } from '../errors.js';
import { isRemoved } from '../ring/roster-word.js';
import { CoordinatorLock, type SegmentStatus } from './coordinator-lock.js';
import type { CreateOptions } from './create-options.js';
import { declareSegment } from './declare-segment.js';
import { type DirectoryOptions, ensureDirectory } from './directory.js';
import { NO_SLOT, reapIfNeeded } from './reap.js';
import { isOfThisBoot, openSegment, type Segment } from './segment.js';
import { isName } from './segment-name.js';

/** A segment that is to exist: as for `createSegment`. */
export type SegmentDeclaration = Omit<CreateOptions, 'directory'>;

export interface CoordinatorOptions extends DirectoryOptions {
  /** The segments that are to exist, by name. */
  readonly segments?: Readonly<Record<string, SegmentDeclaration>> | undefined;
  /** Milliseconds between two looks for dead participants. Default 50. */
  readonly reapIntervalMs?: number | undefined;
}

const DEFAULT_REAP_INTERVAL_MS = 50;
/** Milliseconds between two looks for segments that others have created or removed. */
const SCAN_INTERVAL_MS = 1000;

interface Watched {
  readonly segment: Segment | null;
  status: SegmentStatus;
}

/**
 * Creates the declared segments of a directory and cleans up after dead participants of all its segments, soon after they
 * died. Nobody depends on it: it may be killed and started again at any time, in the middle of traffic.
 */
export class Coordinator {
  readonly directory: string;
  private readonly lock: CoordinatorLock;
  private readonly startedAtMs: number = Date.now();
  private readonly watched: Map<string, Watched> = new Map();
  private readonly timers: readonly NodeJS.Timeout[];

  /**
   * Takes the directory, creates what is declared, and begins. It keeps the process alive until `stop`.
   * @throws HermesError ERR_HERMES_BUSY when the directory has a coordinator; ERR_HERMES_SEGMENT_EXISTS when a declared segment
   *   is there with another geometry, and what `createSegment` throws
   */
  constructor(options: CoordinatorOptions = {}) {
    const { reapIntervalMs = DEFAULT_REAP_INTERVAL_MS } = options;
    if (!(reapIntervalMs >= 1)) {
      throw new HermesError(
        'ERR_HERMES_INVALID_OPTION',
        `reapIntervalMs is ${reapIntervalMs}: give milliseconds from 1`,
      );
    }
    this.directory = ensureDirectory(options);
    this.lock = CoordinatorLock.take(this.directory);
    this.timers = [setInterval(() => this.reapAll(), reapIntervalMs), setInterval(() => this.scan(), SCAN_INTERVAL_MS)];
    try {
      this.publish(); // at once, for what the file says is the last one's
      this.declare(options.segments ?? {});
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /**
   * Creates what is declared and missing; what is no longer declared is left alone. Idempotent.
   * @throws HermesError ERR_HERMES_SEGMENT_EXISTS when one is there with another geometry; those before it are done
   */
  declare(segments: Readonly<Record<string, SegmentDeclaration>>): void {
    for (const [name, declaration] of Object.entries(segments)) {
      const origin = declareSegment(name, { ...declaration, directory: this.directory });
      if (origin !== 'adopted' || !this.watched.has(name)) this.watch(name, origin);
    }
    this.scan();
  }

  /** What it knows of each segment. */
  get segments(): Readonly<Record<string, SegmentStatus>> {
    return Object.fromEntries([...this.watched].map(([name, { status }]) => [name, status]));
  }

  /** Ends; the segments stay, and whoever uses them goes on. Idempotent. */
  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    for (const name of [...this.watched.keys()]) this.forget(name);
    this.lock.release();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  private watch(name: string, origin: SegmentStatus['origin']): void {
    this.watched.get(name)?.segment?.close();
    const status = { origin, reapCount: 0, lastReapAtMs: null };
    try {
      const segment = openSegment(name, { directory: this.directory }, 'read-write');
      const error = isOfThisBoot(segment.header) ? null : 'created before the machine was started';
      this.watched.set(name, { segment, status: { ...status, error } });
    } catch (error) {
      this.watched.set(name, { segment: null, status: { ...status, error: errorText(error) } });
    }
  }

  private reapAll(): void {
    let hasReaped = false;
    for (const watched of this.watched.values()) {
      const { segment, status } = watched;
      if (segment === null || status.error !== null || isRemoved(segment.memory)) continue;
      try {
        if (!reapIfNeeded(segment, NO_SLOT)) continue;
        watched.status = { ...status, reapCount: status.reapCount + 1, lastReapAtMs: Date.now() };
      } catch (error) {
        watched.status = { ...status, error: errorText(error) }; // one that is damaged must not end it for the others
      }
      hasReaped = true;
    }
    if (hasReaped) this.publish();
  }

  /** Segments come and go by the hands of others, too. What could not be opened is tried again: it may be another file now. */
  private scan(): void {
    const names = namesIn(this.directory);
    for (const [name, { segment, status }] of this.watched) {
      if (!names.includes(name)) this.forget(name);
      else if (segment === null) this.watch(name, status.origin);
      else if (!isSameFile(segment, path.join(this.directory, name))) this.forget(name);
    }
    for (const name of names) if (!this.watched.has(name)) this.watch(name, 'found');
    this.publish();
  }

  private forget(name: string): void {
    this.watched.get(name)?.segment?.close();
    this.watched.delete(name);
  }

  private publish(): void {
    this.lock.publish({ pid: process.pid, startedAtMs: this.startedAtMs, segments: this.segments });
  }
}

/** None when the directory cannot be listed: it was removed, and there is nothing to look after. */
function namesIn(directory: string): string[] {
  try {
    return fs.readdirSync(directory).filter(isName);
  } catch {
    return [];
  }
}

/** @throws what is no HermesError */
function errorText(error: unknown): string {
  if (error instanceof HermesError) return `${error.code}: ${error.message}`;
  throw error;
}

function isSameFile(segment: Segment, file: string): boolean {
  const [named, open] = [fs.lstatSync(file, { throwIfNoEntry: false }), segment.locks.stat()];
  return named?.ino === open.ino && named.dev === open.dev;
}
