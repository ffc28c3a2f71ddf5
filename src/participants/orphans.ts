import { monotonicMs } from '../clock.js';
import { refuseHandlersPromise } from '../dropped-promise.js';
import { COUNTER_REDELIVERED } from '../layout/counters.js';
import { GROUP_ATTENTION_OFFSET } from '../layout/group-table.js';
import { memberSlot, memberSlots } from '../membership/places.js';
import { isOccupied, type Slot, vacateSlot } from '../membership/slot.js';
import { Counter } from '../ring/counter.js';
import { InFlight } from '../ring/in-flight.js';
import { groupEntryIndex, wordAt } from '../ring/indices.js';
import type { MessageHandler } from '../ring/message.js';
import type { SharedReader } from '../ring/shared-reader.js';
import type { Segment } from '../segment/segment.js';

/** A member that has nothing to do looks for orphans at least this often, in milliseconds. */
const LOOK_INTERVAL_MS = 100;
/** Idle polls between two looks at the clock. */
const POLLS_PER_LOOK_AT_CLOCK = 64;

/**
 * What a member of a shared group has to read again: the rest of its own batch, and the batches of dead members (orphans). An orphan is
 * handled in place: until it is handled, its entry stays the hazard and the dead slot's lock stays held.
 */
export class Orphans {
  private readonly attentionIndex: number;
  private readonly redelivered: Counter;
  private attention: number;
  private lastLookMs = 0;
  private idlePolls = 0;
  /** There may be something to read again: the next poll looks. */
  private isDue = true;
  /** The dead member's slot that is being handled: its lock is held meanwhile. */
  private adopted: Slot | undefined;
  private reading: SharedReader | undefined;

  constructor(
    private readonly segment: Segment,
    private readonly group: number,
    private readonly member: number,
    private readonly readers: readonly SharedReader[],
    private readonly own: InFlight,
  ) {
    const { memory } = segment;
    this.attentionIndex = wordAt(groupEntryIndex(memory, group), GROUP_ATTENTION_OFFSET);
    this.attention = this.loadAttention();
    this.redelivered = new Counter(memory.words, memberSlot(segment, group, member).index, COUNTER_REDELIVERED);
  }

  /** True when no member, living or dead, has anything in flight. */
  get isEmpty(): boolean {
    const { memory } = this.segment;
    const members = Array.from({ length: memory.geometry.memberCount }, (_, member) => member);
    return members.every((member) => new InFlight(memory, this.group, member).pending() === undefined);
  }

  /** True if there may be something to read again. One load. */
  get isExpected(): boolean {
    return this.isDue || this.loadAttention() !== this.attention;
  }

  /** Call it after an error that left a part of the member's own batch. */
  expectOwn(): void {
    this.isDue = true;
  }

  /** Call it when there was nothing to read: it may be time to look, though nobody has raised attention. */
  noteIdle(): void {
    if (this.idlePolls++ % POLLS_PER_LOOK_AT_CLOCK === 0) {
      this.isDue ||= monotonicMs() - this.lastLookMs >= LOOK_INTERVAL_MS;
    }
  }

  /** Hands the rest of one batch to `handler`, up to `limit` messages. Returns how many; 0 if there is nothing. Call `acknowledge` then. */
  read(handler: MessageHandler<unknown>, limit: number): number {
    if (limit < 1 || !this.isExpected) return 0;
    this.isDue = true;
    this.attention = this.loadAttention(); // before the look: attention that is raised during the look counts again
    const own = this.own.pending();
    if (own !== undefined) return this.readAgain(handler, this.own, own, limit);
    for (const [member, slot] of memberSlots(this.segment, this.group).entries()) {
      if (member === this.member || !isOccupied(this.segment, slot)) continue;
      if (this.segment.locks.isLockedByOther(slot.lockOffset) || !this.segment.locks.tryLock(slot.lockOffset)) continue;
      const count = this.adopt(handler, member, slot, limit);
      if (count > 0) return count;
    }
    this.isDue = false;
    this.lastLookMs = monotonicMs();
    return 0;
  }

  /** Acknowledges what was handled; a dead member's slot is free once all of its batch is. */
  acknowledge(): void {
    this.reading?.acknowledge();
    this.reading = undefined;
    const { adopted } = this;
    if (adopted === undefined) return;
    this.adopted = undefined;
    this.release(adopted, new InFlight(this.segment.memory, this.group, this.memberOf(adopted)));
  }

  /** Acknowledges nothing of what was read: the member that looks next gets all of it. */
  rewind(): void {
    this.reading?.rewind();
    this.reading = undefined;
    if (this.adopted !== undefined) this.segment.locks.unlock(this.adopted.lockOffset);
    this.adopted = undefined;
  }

  private loadAttention(): number {
    return Atomics.load(this.segment.memory.words, this.attentionIndex); // SYNC: attention
  }

  /** The caller holds the slot's lock: the owner is dead if the slot is still occupied. */
  private adopt(handler: MessageHandler<unknown>, member: number, slot: Slot, limit: number): number {
    const entry = new InFlight(this.segment.memory, this.group, member);
    const taken = isOccupied(this.segment, slot) ? entry.pending() : undefined;
    if (taken === undefined) {
      this.release(slot, entry);
      return 0;
    }
    this.adopted = slot;
    return this.readAgain(handler, entry, taken, limit);
  }

  private readAgain(
    handler: MessageHandler<unknown>,
    entry: InFlight,
    taken: { lane: number; from: number; to: number },
    limit: number,
  ): number {
    this.reading = this.readers[taken.lane]!;
    const counted: MessageHandler<unknown> = (message) => {
      refuseHandlersPromise(handler(message));
      this.redelivered.add(1);
    };
    const count = this.reading.readAgain(counted, entry, taken, limit);
    if (count === 0) this.acknowledge(); // padding with no message behind it
    return count;
  }

  /** Frees a dead member's slot unless something of its batch is left: its state last, and then its lock. */
  private release(slot: Slot, entry: InFlight): void {
    if (isOccupied(this.segment, slot) && entry.pending() === undefined) {
      entry.clear();
      this.segment.doorbells.ringProducers(); // the dead member may have owed it, too
      vacateSlot(this.segment, slot);
    }
    this.segment.locks.unlock(slot.lockOffset);
  }

  private memberOf(slot: Slot): number {
    return memberSlots(this.segment, this.group).findIndex(({ index }) => index === slot.index);
  }
}
