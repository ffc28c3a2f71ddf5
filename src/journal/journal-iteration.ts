import { checkFlags, checkKnown, type OptionNames } from '../checks.js';
import { hideFields, INSPECT, type Inspect, inspected } from '../hidden-fields.js';
import { checkSignal } from '../os/abort.js';
import { AsyncIteration } from '../os/async-iteration.js';
import { sleep } from '../os/timers.js';
import { Turns } from '../os/turns.js';
import type { Message, MessageHandler } from '../ring/message.js';

/** A message of a journal, copied: yours to keep. */
export class RecordedMessage {
  /** @internal */
  constructor(
    /** Where its record begins in the journal: bytes. */
    readonly position: number,
    readonly lane: number,
    readonly type: number,
    /** Number of the message in its lane. */
    readonly sequence: number,
    /** When it was published: nanoseconds since the Unix epoch; 0n in a segment without timestamps. */
    readonly timestamp: bigint,
    readonly payload: Buffer,
  ) {}

  /** What `JSON.stringify` writes: JSON has no BigInt. */
  toJSON(): RecordedMessageJson {
    return { ...this, timestamp: this.timestamp.toString() };
  }

  /** @internal what `console.log` prints */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    return inspected('RecordedMessage', { ...this }, depth, options, inspect);
  }
}

/** The same as JSON has it. */
export interface RecordedMessageJson
  extends Pick<RecordedMessage, 'position' | 'lane' | 'type' | 'sequence' | 'payload'> {
  /** Nanoseconds since the Unix epoch, in decimal. */
  readonly timestamp: string;
}

function copyMessage(message: Message, position: number): RecordedMessage {
  const { lane, type, sequence, timestamp } = message;
  return new RecordedMessage(position, lane, type, sequence, timestamp, message.copy());
}

/** How a journal is iterated. */
export interface FollowOptions {
  /** At the end, waits for more instead of ending. Default false. */
  readonly follow?: boolean | undefined;
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

export const FOLLOW_OPTIONS: OptionNames<FollowOptions> = { follow: true, signal: true };

/** What an iteration needs of its reader. */
interface Iterated {
  readonly isClosed: boolean;
  /** Of the message that is being handled: bytes. */
  readonly position: number;
  read(handler: MessageHandler, limit: number): number;
}

/**
 * Asks a reader for one message after the other, and reads none ahead: wherever the loop is left, the reader stands behind the
 * last message that was handed out. Iterations of one reader share its messages, as they share its place.
 */
export class JournalIteration extends AsyncIteration<RecordedMessage> {
  private readonly follow: boolean;
  private readonly signal: AbortSignal | undefined;
  private found: RecordedMessage | undefined;
  private hasRead = false;
  private readonly pace: FollowPace = new FollowPace();
  private readonly keep: MessageHandler = (message) => {
    this.found = copyMessage(message, this.reader.position);
  };

  /** @throws HermesError ERR_HERMES_INVALID_OPTION */
  constructor(
    private readonly reader: Iterated,
    options: FollowOptions,
  ) {
    checkKnown('messages', options, FOLLOW_OPTIONS);
    checkSignal(options.signal);
    checkFlags(options, 'follow');
    super(new Turns());
    this.follow = options.follow ?? false;
    this.signal = options.signal;
    hideFields(this);
  }

  protected override take(): RecordedMessage | undefined {
    if (this.isCutShort) return undefined;
    this.found = undefined;
    this.hasRead = true;
    if (this.reader.read(this.keep, 1) > 0) this.pace.reset();
    return this.found;
  }

  protected override async wait(): Promise<boolean> {
    if (this.isCutShort || !this.follow) return false;
    await this.pace.wait(this.signal);
    return true;
  }

  protected override close(): void {}

  /** A reader that was closed before the first read throws instead. */
  private get isCutShort(): boolean {
    return (this.hasRead && this.reader.isClosed) || this.signal?.aborted === true;
  }
}

const LEAST_MS = 2;
const MOST_MS = 100;
/** A wait takes this part of the time since the last message. */
const PART: number = 1 / 50;
/** The longest wait for a message that is due later: a timer cannot run for a month. */
const MOST_DUE_MS = 60_000;

/**
 * How long a reader that follows waits at the end, where nobody rings it: 2 ms; once nothing has come for longer than 0.1 s, a
 * fiftieth of that time, up to 100 ms. So a steady stream is read without delay, and a long wait costs ten looks a second.
 */
export class FollowPace {
  private idleMs = 0;

  /** Something came. */
  reset(): void {
    this.idleMs = 0;
  }

  /**
   * Waits for the next look, or until a message that is there already is due (`dueMs`: milliseconds, 0 for none). Resolves at
   * once when the signal is aborted.
   */
  async wait(signal: AbortSignal | undefined, dueMs = 0): Promise<void> {
    const waitMs = dueMs > 0 ? Math.min(Math.max(1, dueMs), MOST_DUE_MS) : this.nextMs();
    await sleep(waitMs, signal);
  }

  /** Milliseconds until the next look, which is counted as one that finds nothing. */
  nextMs(): number {
    const waitMs = Math.min(Math.max(LEAST_MS, this.idleMs * PART), MOST_MS);
    this.idleMs += waitMs;
    return waitMs;
  }
}
