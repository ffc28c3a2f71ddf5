import {
  checkFlags,
  checkFunction,
  checkKnown,
  checkLimit,
  checkPositive,
  checkWhole,
  type OptionNames,
} from '../checks.js';
import { monotonicMs } from '../clock.js';
import { refuseHandlersPromise } from '../dropped-promise.js';
import { hideFields, INSPECT, type Inspect, inspected } from '../hidden-fields.js';
import { inspectJournal } from '../journal/inspect-journal.js';
import type { JournalReader } from '../journal/journal-reader.js';
import { checkPlace, type JournalPlace } from '../journal/journal-seek.js';
import { MAX_LANES } from '../layout/geometry.js';
import type { Message, MessageHandler } from '../ring/message.js';
import { TimeEnd } from './time-end.js';

/** Which part of a journal is replayed, and how fast. */
export interface ReplayOptions {
  /**
   * Ends before this place. With a time, messages that are not older are left out. A sequence is one of the segment that was recorded
   * last; with it, messages of other segments are left out.
   */
  readonly to?: JournalPlace | undefined;
  /** One lane alone. */
  readonly lane?: number | undefined;
  /** How many times as fast as the messages were published: above 0. Default: as fast as it goes. */
  readonly speed?: number | undefined;
  /** More messages will come, so a time in `to` ends the replay only if one lane alone is replayed. Default false. */
  readonly follow?: boolean | undefined;
}

export const REPLAY_OPTIONS: OptionNames<ReplayOptions> = { to: true, lane: true, speed: true, follow: true };

/** Reads a part of a journal, at a pace. */
export class Replay {
  /** Nothing more comes. */
  isDone = false;
  /** The last read came to the end of what is in the journal. */
  isAtEnd = false;
  /** @internal The last read has ended for its limit alone. */
  hasMore = false;
  private readonly pace: Pace | undefined;
  private readonly handle: (message: Message) => void;
  private handler: MessageHandler = () => {};
  private handed = 0;
  private isRefused = false;
  private readonly timeEnd: TimeEnd | undefined;
  /** The lane that is replayed alone; undefined if all are. */
  private readonly segmentId: string | undefined;

  /** @throws HermesError ERR_HERMES_INVALID_OPTION */
  constructor(
    private readonly reader: JournalReader,
    options: ReplayOptions,
  ) {
    checkKnown('A replay', options, REPLAY_OPTIONS);
    const { to, lane, speed, follow = false } = options;
    checkFlags(options, 'follow');
    if (to !== undefined) checkPlace(to);
    if (lane !== undefined) checkWhole('lane', lane, 0, MAX_LANES - 1);
    if (speed !== undefined) checkPositive('speed', speed);
    if (to !== undefined && 'timeNs' in to && !follow) this.timeEnd = new TimeEnd(reader, to.timeNs, lane);
    if (to !== undefined && 'lane' in to) this.segmentId = inspectJournal(reader.directory).segmentId;
    this.pace = speed === undefined ? undefined : new Pace(speed);
    this.handle = (message) => {
      if (lane !== undefined && message.lane !== lane) return;
      if (this.segmentId !== undefined && this.segmentId !== reader.segmentId) return;
      if (to !== undefined && this.isBehind(message, to, lane)) return;
      if (this.pace?.isTooEarly(message.timestamp)) {
        this.refuse();
        return;
      }
      refuseHandlersPromise(this.handler(message));
      if (!this.isRefused) this.handed++;
    };
    hideFields(this, 'isDone', 'isAtEnd');
  }

  /** Milliseconds until the next message is due; 0 when nothing is waited for. */
  get waitMs(): number {
    return this.pace?.waitMs ?? 0;
  }

  /** Hands messages out, and returns how many. 0: nothing is there, or due, now. The handler may `refuse` a message: it comes again. */
  read(handler: MessageHandler, limit: number): number {
    let count: number;
    do count = this.readOnce(handler, limit);
    while (count === 0 && this.hasMore);
    return count;
  }

  /** @internal The same, but also 0 if all that was read was filtered out: so one call takes a bounded time. */
  readOnce(handler: MessageHandler, limit: number): number {
    checkFunction('handler', handler);
    checkLimit('limit', limit, 1);
    this.handed = 0;
    this.hasMore = false;
    if (this.isDone) return 0;
    this.handler = handler;
    this.isRefused = false;
    const read = this.reader.read(this.handle, limit);
    this.isAtEnd = read === 0 && !this.isRefused;
    this.hasMore = read > 0 && !this.isRefused;
    return this.handed;
  }

  /** In a handler: the message comes again. */
  refuse(): void {
    this.isRefused = true;
    this.reader.refuse();
  }

  /** @internal what `console.log` prints */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    return inspected('Replay', { ...this }, depth, options, inspect);
  }

  private isBehind(message: Message, to: JournalPlace, lane: number | undefined): boolean {
    if ('timeNs' in to) {
      if (message.timestamp < to.timeNs) return false;
      // A lane that is followed alone counts as having nothing older to come.
      if (this.timeEnd === undefined ? lane !== undefined : this.timeEnd.isReached()) this.end();
      return true;
    }
    const isBehind =
      'position' in to
        ? this.reader.position >= to.position
        : message.lane === to.lane && message.sequence >= to.sequence;
    if (isBehind) this.end();
    return isBehind;
  }

  private end(): void {
    this.isDone = true;
    this.refuse();
  }
}

/** Lets messages through as far apart as they were published. */
class Pace {
  waitMs = 0;
  private firstNs: bigint | undefined;
  private startedMs = 0;

  constructor(private readonly speed: number) {}

  isTooEarly(timestampNs: bigint): boolean {
    const nowMs = monotonicMs();
    if (this.firstNs === undefined) {
      this.firstNs = timestampNs;
      this.startedMs = nowMs;
    }
    const dueMs = this.startedMs + Number(timestampNs - this.firstNs) / 1e6 / this.speed;
    this.waitMs = Math.max(0, dueMs - nowMs);
    return this.waitMs > 0;
  }
}
