import type { JournalReader } from '../journal/journal-reader.js';
import type { JournalPlace } from '../journal/journal-seek.js';
import type { Message, MessageHandler } from '../ring/message.js';
import { TimeEnd } from './time-end.js';

/** What of a journal is replayed, and how fast. */
export interface ReplayOptions {
  /** Ends before this place. Of a time, each lane ends before its first message that is not older. */
  readonly to?: JournalPlace | undefined;
  /** One lane alone. */
  readonly lane?: number | undefined;
  /** How many times as fast as the messages were published. Default: as fast as it goes. */
  readonly speed?: number | undefined;
  /** More will come: then a time ends no lane but the one that is replayed alone. Default false. */
  readonly follow?: boolean | undefined;
}

/** Reads a part of a journal, at a pace. */
export class Replay {
  /** Nothing more comes. */
  isDone = false;
  /** The last read came to the end of what is in the journal. */
  isAtEnd = false;
  private readonly pace: Pace | undefined;
  private readonly handle: (message: Message) => void;
  private handler: MessageHandler = () => {};
  private handed = 0;
  private isRefused = false;
  private readonly timeEnd: TimeEnd | undefined;

  constructor(
    private readonly reader: JournalReader,
    { to, lane, speed, follow = false }: ReplayOptions,
  ) {
    if (to !== undefined && 'timeNs' in to && !follow) this.timeEnd = new TimeEnd(reader, to.timeNs);
    this.pace = speed === undefined ? undefined : new Pace(speed);
    this.handle = (message) => {
      if (lane !== undefined && message.lane !== lane) return;
      if (to !== undefined && this.isBehind(message, to, lane)) return;
      if (this.pace?.isTooEarly(message.timestamp)) {
        this.refuse();
        return;
      }
      this.handler(message);
      if (!this.isRefused) this.handed++;
    };
  }

  /** Milliseconds until the next message is due; 0 when nothing is waited for. */
  get waitMs(): number {
    return this.pace?.waitMs ?? 0;
  }

  /** How many messages were handed out. 0: nothing is there, or due, now. The handler may `refuse` a message: it comes again. */
  read(handler: MessageHandler, limit: number): number {
    if (this.isDone) return 0;
    this.handler = handler;
    this.handed = 0;
    // What is filtered out does not end a replay.
    while (this.handed === 0 && !this.isDone) {
      this.isRefused = false;
      const read = this.reader.read(this.handle, limit);
      this.isAtEnd = read === 0 && !this.isRefused;
      if (this.isRefused || read === 0) break;
    }
    return this.handed;
  }

  /** In a handler: the message comes again. */
  refuse(): void {
    this.isRefused = true;
    this.reader.refuse();
  }

  private isBehind(message: Message, to: JournalPlace, lane: number | undefined): boolean {
    if ('timeNs' in to) {
      if (message.timestamp < to.timeNs) return false;
      if (lane !== undefined || this.timeEnd?.isReached()) this.end(); // within a lane no older one follows
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
    const nowMs = performance.now();
    if (this.firstNs === undefined) {
      this.firstNs = timestampNs;
      this.startedMs = nowMs;
    }
    const dueMs = this.startedMs + Number(timestampNs - this.firstNs) / 1e6 / this.speed;
    this.waitMs = Math.max(0, dueMs - nowMs);
    return this.waitMs > 0;
  }
}
