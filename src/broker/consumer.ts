import { HermesError } from '../errors.js';
import { ROSTER_LANES_MASK, ROSTER_OFFSET } from '../layout/preamble.js';
import { timeNs } from '../ring/clock.js';
import { InFlight } from '../ring/in-flight.js';
import { LaneReader } from '../ring/lane-reader.js';
import { LossyReader } from '../ring/lossy-reader.js';
import { Message, type MessageHandler } from '../ring/message.js';
import { isRemoved, lanesInUse, removedError } from '../ring/roster-word.js';
import { SharedReader } from '../ring/shared-reader.js';
import { attach, detach, detachedError } from './attachment.js';
import { type ConsumerOptions, resolveConsumerOptions } from './consumer-options.js';
import { enterGroup, type Membership } from './membership.js';
import { Orphans } from './orphans.js';
import { participantIn, vacateSlot } from './participants.js';
import { NO_SLOT, reap, reapMembers } from './reap.js';
import { memberSlot, producerSlots } from './roster.js';
import type { Segment } from './segment.js';
import { startSlowTimer } from './slow-timer.js';

const DEFAULT_POLL_LIMIT = 256;
const MAX_POLL_LIMIT = 0x3fff_ffff;
/** While there is always something to read, every 16th poll looks for new lanes. */
const BUSY_POLLS_MASK = 15;

const ROSTER_INDEX: number = ROSTER_OFFSET >>> 2;

const READY = 0;
const POLLING = 1;
/** Shared groups: a batch was handed out by `read` and is not acknowledged. */
const HOLDING = 2;
const DETACHED = 3;

/** A member of a group. `poll` allocates nothing once optimized and makes no system call. */
export class Consumer {
  private readonly readers: readonly (LaneReader | SharedReader | LossyReader)[];
  /** Shared groups: what has to be read again. */
  private readonly orphans: Orphans | undefined;
  private readonly words: Int32Array;
  private readonly stopTimer: () => void;
  private laneCount: number;
  private roster: number;
  /** The one that was visited last. */
  private lane = 0;
  private busyPolls = 0;
  private state: typeof READY | typeof POLLING | typeof HOLDING | typeof DETACHED = READY;

  /** @internal use attachConsumer */
  constructor(
    private readonly segment: Segment,
    private readonly membership: Membership,
  ) {
    const { memory } = segment;
    const { entry, member } = membership;
    this.words = memory.words;
    this.laneCount = lanesInUse(memory);
    this.roster = this.laneCount;
    const message = new Message(memory.bytes, memory.words, memory.times);
    const lanes = Array.from({ length: memory.geometry.laneCount }, (_, lane) => lane);
    if (entry.shared) {
      const inFlight = new InFlight(memory, entry.group, member);
      const readers = lanes.map((lane) => new SharedReader(memory, lane, entry.group, inFlight, message));
      this.readers = readers;
      this.orphans = new Orphans(segment, entry.group, member, readers, inFlight);
    } else if (entry.mode === 'lossy') {
      this.readers = lanes.map((lane) => new LossyReader(memory, lane, entry.group));
    } else {
      this.readers = lanes.map((lane) => new LaneReader(memory, lane, entry.group, message));
    }
    this.stopTimer = startSlowTimer(segment, memberSlot(segment, entry.group, member));
  }

  /** The group's name. */
  get group(): string {
    return this.membership.entry.name;
  }

  /** Messages that were overwritten before this consumer read them: lossy groups only. */
  get lost(): number {
    return this.readers.reduce((sum, reader) => sum + (reader instanceof LossyReader ? reader.lost : 0), 0);
  }

  /**
   * Hands messages to `handler`, in order within each lane, and acknowledges those that it returned from, once per lane.
   * The message object is used again: it is valid until the handler returns.
   * @param limit the most messages: default 256
   * @returns how many; 0 when there is nothing to read
   * @throws what the handler throws: the messages before are acknowledged, that one and the rest come again;
   *   HermesError ERR_HERMES_CORRUPT_SEGMENT, _DETACHED, _REMOVED, _INVALID_STATE (called by its own handler)
   */
  poll(handler: MessageHandler, limit: number = DEFAULT_POLL_LIMIT): number {
    return this.pollOrRead(handler, limit, true);
  }

  /**
   * Like `poll`, but acknowledges nothing: payloads stay in place until `acknowledge`, across turns of the event loop
   * if need be (the message object itself is used again at once). Lossy groups: the next message overwrites the copy.
   */
  read(handler: MessageHandler, limit: number = DEFAULT_POLL_LIMIT): number {
    return this.pollOrRead(handler, limit, false);
  }

  /** Acknowledges all that `read` has handed out: producers may overwrite it. @throws HermesError ERR_HERMES_DETACHED */
  acknowledge(): void {
    if (this.state === DETACHED || this.state === POLLING) throw this.misuse();
    for (const reader of this.readers) reader.acknowledge();
    this.orphans?.acknowledge();
    if (this.state === HOLDING) this.state = READY;
  }

  /** The segment's clock, which messages are stamped with: nanoseconds since the Unix epoch. Allocates a BigInt. */
  timeNs(): bigint {
    return timeNs(this.segment.memory.clockOffsetNs);
  }

  /**
   * True when a producer was attached, now or earlier, none is any more, and every message has been handed out.
   * Makes a system call for each lane in use: not for every turn of a busy loop.
   */
  isDrained(): boolean {
    if (this.state === DETACHED) throw this.misuse();
    const laneCount = lanesInUse(this.segment.memory);
    const slots = producerSlots(this.segment).slice(0, laneCount);
    if (slots.some((slot) => participantIn(this.segment, slot)?.alive)) return false;
    // Looked at last: nobody adds to the lanes any more. Of a shared group, somebody may hold what another must take over.
    const isRead = this.readers.slice(0, laneCount).every((reader) => reader.isEmpty);
    return laneCount > 0 && isRead && (this.orphans?.isEmpty ?? true);
  }

  /** Leaves the group; an ephemeral group ends with its last member. In a handler: takes effect when that returns. Idempotent. */
  detach(): void {
    if (this.state === DETACHED) return;
    const isPolling = this.state === POLLING;
    this.state = DETACHED;
    if (!isPolling) this.leave();
    else for (const reader of this.readers) reader.stop();
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  private pollOrRead(handler: MessageHandler, limit: number, acknowledges: boolean): number {
    if (this.state !== READY) throw this.misuse();
    this.state = POLLING;
    let count = 0;
    try {
      if (this.orphans !== undefined) count = this.readOrphans(this.orphans, handler, acknowledges);
      if (count === 0) count = this.visitLanes(handler, limit, acknowledges);
    } catch (error) {
      if (acknowledges) this.readers[this.lane]!.acknowledge(); // what was handled before it
      this.orphans?.expectOwn();
      this.endPoll(READY);
      throw error;
    }
    this.endPoll(acknowledges || this.orphans === undefined || count === 0 ? READY : HOLDING);
    if (count > 0 && (++this.busyPolls & BUSY_POLLS_MASK) !== 0) return count;
    const hasMoreLanes = this.lookAtRoster(count);
    return count === 0 && hasMoreLanes ? this.pollOrRead(handler, limit, acknowledges) : count;
  }

  /** The lanes that ever had a producer, going on with the next one each time, so that none starves. */
  private visitLanes(handler: MessageHandler, limit: number, acknowledges: boolean): number {
    const { readers, laneCount } = this;
    const most = Math.min(limit, MAX_POLL_LIMIT) | 0;
    let count = 0;
    for (let i = 0; i < laneCount && count < most && this.state === POLLING; i++) {
      const lane = this.lane + 1 < laneCount ? this.lane + 1 : 0;
      this.lane = lane;
      const reader = readers[lane]!;
      count += reader.read(handler, most - count);
      if (acknowledges) reader.acknowledge();
      else if (this.orphans !== undefined && count > 0) break; // a member of a shared group holds one batch
    }
    return count;
  }

  /** Shared groups: what is left of a batch comes first, and is a poll of its own. */
  private readOrphans(orphans: Orphans, handler: MessageHandler, acknowledges: boolean): number {
    try {
      const count = orphans.read(handler);
      if (acknowledges) orphans.acknowledge();
      return count;
    } catch (error) {
      if (acknowledges)
        orphans.acknowledge(); // what was handled before it
      else orphans.abandon();
      throw error;
    }
  }

  private endPoll(next: typeof READY | typeof HOLDING): void {
    if (this.state === POLLING) this.state = next;
    else this.leave();
  }

  /** New lanes, and the end of the segment: looked for when there is nothing to read, and now and then. True for new lanes. */
  private lookAtRoster(count: number): boolean {
    if (count === 0) this.orphans?.noteIdle();
    const roster = Atomics.load(this.words, ROSTER_INDEX); // SYNC: roster
    if (roster === this.roster) return false;
    if (count === 0 && isRemoved(this.segment.memory)) throw removedError(this.segment.name);
    const before = this.laneCount;
    this.laneCount = lanesInUse(this.segment.memory);
    this.roster = roster & ROSTER_LANES_MASK;
    return this.laneCount > before;
  }

  private misuse(): HermesError {
    if (this.state === DETACHED) return detachedError('consumer', this.segment.name);
    return this.state === POLLING ? nestedPoll() : unacknowledged();
  }

  private leave(): void {
    const { segment } = this;
    const { entry, member } = this.membership;
    this.stopTimer();
    detach(segment, () => {
      if (!entry.shared) vacateSlot(segment, memberSlot(segment, entry.group, member));
      // Our own lock is granted to us once more, and so counts as nobody's. What we hold in flight becomes an orphan.
      reapMembers(segment, entry, NO_SLOT);
    });
  }
}

/**
 * Attaches to a segment as a member of a group, which is created if there is none of that name. Blocks for some
 * hundred microseconds. @throws HermesError ERR_HERMES_SEGMENT_NOT_FOUND, _NO_FREE_MEMBER, _NO_FREE_GROUP,
 * _INVALID_OPTION, _INVALID_NAME, _CORRUPT_SEGMENT, _INCOMPATIBLE_LAYOUT, _OTHER_BOOT, _REMOVED, _BUSY, _PERMISSION
 */
export function attachConsumer(name: string, options: ConsumerOptions = {}): Consumer {
  const request = resolveConsumerOptions(options);
  const { taken } = attach(name, options, (segment) => {
    reap(segment, NO_SLOT); // an ephemeral group whose members have died has ended
    return new Consumer(segment, enterGroup(segment, request));
  });
  return taken;
}

function nestedPoll(): HermesError {
  return new HermesError('ERR_HERMES_INVALID_STATE', 'A handler called its own consumer: return from it first');
}

function unacknowledged(): HermesError {
  return new HermesError(
    'ERR_HERMES_INVALID_STATE',
    'What read handed out is not acknowledged: a member of a shared group holds one batch at a time; call acknowledge first',
  );
}
