import fs from 'node:fs';
import { checkAmount, checkKnown, checkObject, type OptionNames } from '../checks.js';
import { wallMs } from '../clock.js';
import { HermesError } from '../errors.js';
import { hideFields, INSPECT, type Inspect, inspected } from '../hidden-fields.js';
import { Reaper } from '../membership/reap.js';
import { checkBoot } from '../membership/segment-boot.js';
import { MAX_TIMER_MS, startTicking, stopTicking } from '../os/timers.js';
import { isRemoved } from '../ring/roster-word.js';
import { DIRECTORY_OPTIONS, type DirectoryOptions, ensureDirectory } from '../segment/directory.js';
import { isInPlace, openSegment, type Segment } from '../segment/segment.js';
import { isName } from '../segment/segment-name.js';
import { CoordinatorLock, type SegmentStatus } from './coordinator-lock.js';
import type { CreateOptions } from './create-options.js';
import { isOfOtherLayout, segmentAsDeclared, throwAll } from './declared-segment.js';
import { checkDeclaration } from './ensure-segment.js';

/** A segment that shall exist; options as for `createSegment`. */
export type SegmentDeclaration = Omit<CreateOptions, 'directory'>;

export interface CoordinatorOptions extends DirectoryOptions {
  /** The segments that shall exist, by name. */
  readonly segments?: Readonly<Record<string, SegmentDeclaration>> | undefined;
  /** Milliseconds between two looks for dead participants. Default 50. */
  readonly reapIntervalMs?: number | undefined;
}

const COORDINATOR_OPTIONS: OptionNames<CoordinatorOptions> = {
  ...DIRECTORY_OPTIONS,
  segments: true,
  reapIntervalMs: true,
};

const DEFAULT_REAP_INTERVAL_MS = 50;
/** Milliseconds between two looks for segments that others have created or removed. */
const SCAN_INTERVAL_MS = 1000;

interface Watched {
  readonly segment: Segment | null;
  readonly reaper: Reaper | null;
  status: SegmentStatus;
}

/**
 * Creates the declared segments of a directory, and cleans up after dead participants of all segments there, soon after they died. Nobody
 * depends on it: it may be killed and started again at any time, in the middle of traffic.
 */
export class Coordinator {
  readonly directory: string;
  private readonly lock: CoordinatorLock;
  private readonly startedAtMs: number = wallMs();
  private readonly watched: Map<string, Watched> = new Map();
  /** For each of the segments that were declared last and are not as declared: why. */
  private readonly refusals: Map<string, string> = new Map();
  /** Declared segments whose names lead to segments of another layout that somebody still uses. They are created once those are idle. */
  private readonly waiting: Map<string, SegmentDeclaration> = new Map();
  private readonly timers: readonly NodeJS.Timeout[];

  /**
   * Takes the directory, creates what is declared, and begins. It keeps the process alive until `stop`. If the segment of a declared name
   * has another layout (major), it is replaced as soon as nobody takes part in it; until then `segments` reports it.
   * @throws HermesError ERR_HERMES_BUSY when the directory has a coordinator; ERR_HERMES_SEGMENT_EXISTS when a declared segment is
   *   there with another geometry or other groups, and what `createSegment` throws
   */
  constructor(options: CoordinatorOptions = {}) {
    checkKnown('A coordinator', options, COORDINATOR_OPTIONS);
    const { reapIntervalMs = DEFAULT_REAP_INTERVAL_MS } = options;
    checkAmount('reapIntervalMs', reapIntervalMs, 'milliseconds', 1, MAX_TIMER_MS);
    this.directory = ensureDirectory(options);
    this.lock = CoordinatorLock.take(this.directory);
    this.timers = [
      startTicking(() => this.reapAll(), reapIntervalMs),
      startTicking(() => this.scan(), SCAN_INTERVAL_MS),
    ];
    hideFields(this, 'directory');
    try {
      this.publish(); // at once, because the file still has the text of the last coordinator
      throwAll(this.declareAll(options.segments ?? {}).filter((error) => !isOfOtherLayout(error)));
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /**
   * Creates the declared segments and groups that are missing, and leaves alone what is no longer declared. If one segment cannot be made as it is
   * declared, all others are created all the same; the error is thrown afterwards, and `segments` reports it. Idempotent.
   * @throws HermesError ERR_HERMES_INVALID_OPTION, _INVALID_NAME: nothing was changed; ERR_HERMES_SEGMENT_EXISTS when one is there with
   *   another geometry or other groups, and what `createSegment` throws
   */
  declare(segments: Readonly<Record<string, SegmentDeclaration>>): void {
    throwAll(this.declareAll(segments));
  }

  private declareAll(segments: Readonly<Record<string, SegmentDeclaration>>): HermesError[] {
    checkObject('segments', segments);
    for (const [name, declaration] of Object.entries(segments)) {
      checkObject(`the segment ${name}`, declaration);
      checkDeclaration(name, declaration);
    }
    this.refusals.clear();
    this.waiting.clear();
    const errors = Object.entries(segments).flatMap(([name, declaration]) => this.declareOne(name, declaration) ?? []);
    this.scan();
    return errors;
  }

  private declareOne(name: string, declaration: SegmentDeclaration): HermesError | undefined {
    try {
      const origin = segmentAsDeclared(name, { ...declaration, directory: this.directory });
      if (origin !== 'adopted' || !this.watched.has(name)) this.watch(name, origin);
      this.refusals.delete(name);
      this.waiting.delete(name);
      return undefined;
    } catch (error) {
      this.refusals.set(name, errorText(error));
      if (isOfOtherLayout(error)) this.waiting.set(name, declaration);
      return asHermesError(error);
    }
  }

  /** What it knows about each segment. */
  get segments(): Readonly<Record<string, SegmentStatus>> {
    const refused = [...this.refusals].map(([name, error]): [string, SegmentStatus] => [
      name,
      { origin: 'missing', reapCount: 0, lastReapAtMs: null, error },
    ]);
    const watched = [...this.watched].map(([name, { status }]): [string, SegmentStatus] => [
      name,
      { ...status, error: status.error ?? this.refusals.get(name) ?? null },
    ]);
    return Object.fromEntries([...refused, ...watched]);
  }

  /** Ends. The segments stay, and their participants go on. Idempotent. */
  stop(): void {
    for (const timer of this.timers) stopTicking(timer);
    for (const name of [...this.watched.keys()]) this.forget(name);
    this.lock.release();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** What `JSON.stringify` writes, and `console.log` prints. */
  toJSON(): Pick<Coordinator, 'directory' | 'segments'> {
    return { directory: this.directory, segments: this.segments };
  }

  /** @internal what `console.log` prints */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    return inspected('Coordinator', this.toJSON(), depth, options, inspect);
  }

  private watch(name: string, origin: SegmentStatus['origin']): void {
    this.watched.get(name)?.segment?.close();
    const status = { origin, reapCount: 0, lastReapAtMs: null };
    try {
      const segment = this.open(name);
      this.watched.set(name, { segment, reaper: new Reaper(segment), status: { ...status, error: null } });
    } catch (error) {
      this.watched.set(name, { segment: null, reaper: null, status: { ...status, error: errorText(error) } });
    }
  }

  /** @throws HermesError also for a segment of another boot. It is tried again: once somebody attaches to it, it is known to be of this boot */
  private open(name: string): Segment {
    const segment = openSegment(name, { directory: this.directory }, 'read-write');
    try {
      checkBoot(segment);
      return segment;
    } catch (error) {
      segment.close();
      throw error;
    }
  }

  private reapAll(): void {
    let hasReaped = false;
    for (const watched of this.watched.values()) {
      const { segment, reaper, status } = watched;
      if (segment === null || reaper === null || status.error !== null || isRemoved(segment.memory)) continue;
      try {
        if (!reaper.reapIfNeeded()) continue;
        watched.status = { ...status, reapCount: status.reapCount + 1, lastReapAtMs: wallMs() };
      } catch (error) {
        watched.status = { ...status, error: errorText(error) }; // a damaged segment must not end the work for the others
      }
      hasReaped = true;
    }
    if (hasReaped) this.publish();
  }

  /** Others create and remove segments, too. A segment that could not be opened is tried again: it may be another file now. */
  private scan(): void {
    for (const [name, declaration] of this.waiting) this.declareOne(name, declaration);
    const names = namesIn(this.directory);
    if (names === undefined) return; // for now
    for (const [name, { segment, status }] of this.watched) {
      if (!names.includes(name)) this.forget(name);
      else if (segment === null) this.watch(name, status.origin);
      else if (!staysInPlace(segment)) this.forget(name);
    }
    for (const name of names) if (!this.watched.has(name)) this.watch(name, 'found');
    this.publish();
  }

  private forget(name: string): void {
    this.watched.get(name)?.segment?.close();
    this.watched.delete(name);
    this.refusals.delete(name);
  }

  private publish(): void {
    this.lock.publish({ pid: process.pid, startedAtMs: this.startedAtMs, segments: this.segments });
  }
}

/** Empty when the directory was removed: there is nothing to look after. Undefined when it cannot be listed for another reason. */
function namesIn(directory: string): string[] | undefined {
  try {
    return fs.readdirSync(directory).filter(isName);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : undefined;
  }
}

/** Whatever one segment's error is, the others are still looked after. */
function errorText(error: unknown): string {
  const { code, message } = asHermesError(error);
  return `${code}: ${message}`;
}

function asHermesError(error: unknown): HermesError {
  return error instanceof HermesError ? error : new HermesError('ERR_HERMES_SYSTEM', String(error), { cause: error });
}

/** True also if that cannot be found out, for now. */
function staysInPlace(segment: Segment): boolean {
  try {
    return isInPlace(segment);
  } catch {
    return true;
  }
}
