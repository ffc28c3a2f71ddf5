import { POSITION_LOW_OFFSET } from '../layout/positions.js';
import { RECORD_ALIGNMENT } from '../layout/record.js';
import type { InFlight, Taken } from './in-flight.js';
import { positionIndex, wordAt } from './indices.js';
import type { Message, MessageHandler } from './message.js';
import type { Reader } from './reader.js';
import { RecordWalker } from './record-walker.js';
import type { Ringer } from './ringer.js';
import type { SegmentMemory } from './segment-memory.js';

/** More than a lane can hold. */
const ALL = 0x3fff_ffff;

/**
 * Reads one lane for a shared group, in place: the members of the group share its messages by moving one take position.
 * Lock-free, by hazard and then take: `test/models/shared.pml` shows why no store may be left out or moved.
 */
export class SharedReader extends RecordWalker implements Reader {
  private readonly takenIndex: number;
  /** The entry that holds what was handed out and not acknowledged, and where that ends. */
  private held: InFlight | undefined;
  private heldEnd = 0;
  /** The error for the record behind the messages that were taken. */
  private fault: unknown;

  constructor(
    memory: SegmentMemory,
    lane: number,
    group: number,
    private readonly inFlight: InFlight,
    private readonly handed: Message<unknown>,
    private readonly producers: Ringer,
  ) {
    super(memory, lane, handed);
    this.takenIndex = wordAt(positionIndex(memory, group, lane), POSITION_LOW_OFFSET);
  }

  override get isEmpty(): boolean {
    return this.loadHead() === this.loadTaken();
  }

  /**
   * Takes up to `limit` messages and hands them to `handler`; they stay in flight until `acknowledge`. Returns how many.
   * The member's entry must be clear: it holds one batch at a time. A damaged record throws once the good ones before it were
   * handed out. If its header is damaged, it stays untaken; if its checksum is wrong, it stays in flight with what follows it.
   */
  read(handler: MessageHandler<unknown>, limit: number): number {
    const end = this.take(limit);
    if (end === undefined) return 0;
    this.held = this.inFlight;
    this.heldEnd = end;
    const count = this.walk(handler, end, ALL);
    if (count === 0) this.acknowledge(); // padding with no message behind it
    if (this.fault !== undefined && this.remaining > 0) throw this.fault;
    return count;
  }

  /** Does the same with messages that this member or a dead one took before; `entry` holds them. */
  readAgain(handler: MessageHandler<unknown>, entry: InFlight, taken: Taken, limit: number): number {
    this.moveTo(taken.from);
    this.held = entry;
    this.heldEnd = taken.to;
    this.handed.redelivered = true;
    try {
      return this.walk(handler, taken.to, limit);
    } finally {
      this.handed.redelivered = false;
    }
  }

  /** Acknowledges what was handed out. After an error, or if a limit ended the read, the rest stays in flight, to be read again. */
  acknowledge(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    if (this.position === this.heldEnd) held.clear();
    else held.advanceFrom(this.position);
    this.producers.ring();
  }

  /** Acknowledges nothing: what was handed out stays in flight, for the member that looks next. */
  rewind(): void {
    this.held = undefined;
  }

  /** Takes up to `limit` messages. Returns where they end, or undefined if there are none. The walk is then at their start. */
  private take(limit: number): number | undefined {
    const { inFlight } = this;
    for (;;) {
      const start = this.loadTaken();
      if (start % RECORD_ALIGNMENT !== 0) throw this.outOfBounds(start);
      if (this.loadHead() === start) return undefined; // so that an idle member stores nothing
      inFlight.announce(this.lane, start);
      if (this.loadTaken() === start) {
        const end = this.endOfBatch(start, limit);
        inFlight.extendTo(end);
        this.moveTo(start);
        if (Atomics.compareExchange(this.words, this.takenIndex, start, end) === start) return end; // SYNC: taken
      }
      inFlight.clear(); // somebody else was faster
      this.producers.ring(); // a producer may have seen the entry, and sleep because of it
    }
  }

  /** The writer cannot pass `start` now, so headers no longer change; checksums are checked when the messages are handed out. */
  private endOfBatch(start: number, limit: number): number {
    // At a record found damaged, keep the expected sequence: a walk that learnt it there would believe the record.
    if (this.fault === undefined || this.position !== start) this.moveTo(start);
    this.fault = undefined;
    try {
      this.walk(undefined, this.loadHead(), limit);
    } catch (error) {
      this.fault = error;
      if (this.position === start) this.giveUp(error);
    }
    return this.position;
  }

  private giveUp(error: unknown): never {
    this.inFlight.clear();
    this.producers.ring();
    throw error;
  }

  private loadTaken(): number {
    return this.hot.load(this.takenIndex); // SYNC: taken
  }
}
