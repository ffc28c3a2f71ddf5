import { HermesError } from '../errors.js';
import { LANES_IN_USE_OFFSET } from '../layout/preamble.js';
import { timeNs } from '../ring/clock.js';
import { LaneReader } from '../ring/lane-reader.js';
import { LossyReader } from '../ring/lossy-reader.js';
import { Message, type MessageHandler } from '../ring/message.js';
import { isRemoved, removedError } from '../ring/removal.js';
import { attach, detach, detachedError } from './attachment.js';
import { type ConsumerOptions, resolveConsumerOptions } from './consumer-options.js';
import type { GroupEntry } from './group-registry.js';
import { enterGroup } from './membership.js';
import { participantIn } from './participants.js';
import { NO_SLOT, reapMembers } from './reap.js';
import { memberSlot, producerSlot } from './roster.js';
import type { Segment } from './segment.js';

const DEFAULT_POLL_LIMIT = 256;
/** The member slot of a group that has one member at a time. */
const ONLY_MEMBER = 0;

/** A member of a group. `poll` allocates nothing once optimized and makes no system call. */
export class Consumer {
  private readonly readers: readonly (LaneReader | LossyReader)[];
  private readonly words: Int32Array;
  private nextLane = 0;
  private isPolling = false;
  private isAttached = true;

  /** @internal use attachConsumer */
  constructor(
    private readonly segment: Segment,
    private readonly entry: GroupEntry,
  ) {
    const { memory } = segment;
    this.words = memory.words;
    const message = new Message(memory.bytes, memory.times);
    this.readers = Array.from({ length: memory.geometry.laneCount }, (_, lane) =>
      entry.mode === 'lossy'
        ? new LossyReader(memory, lane, entry.group)
        : new LaneReader(memory, lane, entry.group, message),
    );
  }

  /** The group's name. */
  get group(): string {
    return this.entry.name;
  }

  /** Messages that were overwritten before this consumer read them: lossy groups only. */
  get lost(): number {
    return this.readers.reduce((sum, reader) => (reader instanceof LossyReader ? reader.lost : sum), 0);
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
    return this.visitLanes(handler, limit, true);
  }

  /**
   * Like `poll`, but acknowledges nothing: payloads stay in place until `acknowledge`, across turns of the event loop
   * if need be (the message object itself is used again at once). Lossy groups: the next message overwrites the copy.
   */
  read(handler: MessageHandler, limit: number = DEFAULT_POLL_LIMIT): number {
    return this.visitLanes(handler, limit, false);
  }

  /** Acknowledges all that `read` has handed out: producers may overwrite it. @throws HermesError ERR_HERMES_DETACHED */
  acknowledge(): void {
    if (!this.isAttached) throw detachedError('consumer', this.segment.name);
    for (const reader of this.readers) reader.acknowledge();
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
    if (!this.isAttached) throw detachedError('consumer', this.segment.name);
    const laneCount = Atomics.load(this.words, LANES_IN_USE_OFFSET >>> 2); // SYNC: lanes in use
    const lanes = this.readers.slice(0, laneCount);
    if (lanes.some((_, lane) => participantIn(this.segment, producerSlot(this.segment, lane))?.alive)) return false;
    return laneCount > 0 && lanes.every((reader) => reader.isEmpty); // looked at last: nobody adds to them any more
  }

  /** Leaves the group; an ephemeral group ends with its last member. In a handler: takes effect when that returns. Idempotent. */
  detach(): void {
    if (!this.isAttached) return;
    this.isAttached = false;
    if (this.isPolling) {
      for (const reader of this.readers) reader.stop();
    } else {
      this.leave();
    }
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  /** The lanes that ever had a producer, beginning with another one each time, so that none starves. */
  private visitLanes(handler: MessageHandler, limit: number, acknowledges: boolean): number {
    if (!this.isAttached) throw detachedError('consumer', this.segment.name);
    if (this.isPolling) throw nestedPoll();
    const { readers } = this;
    const laneCount = Math.min(Atomics.load(this.words, LANES_IN_USE_OFFSET >>> 2), readers.length); // SYNC: lanes in use
    let lane = this.nextLane < laneCount ? this.nextLane : 0;
    this.nextLane = lane + 1;
    this.isPolling = true;
    let count = 0;
    try {
      for (let i = 0; i < laneCount && count < limit && this.isAttached; i++) {
        const reader = readers[lane]!;
        count += acknowledges ? reader.poll(handler, limit - count) : reader.read(handler, limit - count);
        lane = lane + 1 < laneCount ? lane + 1 : 0;
      }
    } finally {
      this.isPolling = false;
      if (!this.isAttached) this.leave();
    }
    if (count === 0 && isRemoved(this.segment.memory)) throw removedError(this.segment.name);
    return count;
  }

  private leave(): void {
    const { segment, entry } = this;
    // Our own lock is granted to us once more, and so counts as nobody's.
    detach(segment, memberSlot(segment, entry.group, ONLY_MEMBER), () => reapMembers(segment, entry, NO_SLOT));
  }
}

/**
 * Attaches to a segment as a member of a group, which is created if there is none of that name. Blocks for some
 * hundred microseconds. @throws HermesError ERR_HERMES_SEGMENT_NOT_FOUND, _NO_FREE_MEMBER, _NO_FREE_GROUP,
 * _INVALID_OPTION, _INVALID_NAME, _CORRUPT_SEGMENT, _INCOMPATIBLE_LAYOUT, _OTHER_BOOT, _REMOVED, _BUSY, _PERMISSION
 */
export function attachConsumer(name: string, options: ConsumerOptions = {}): Consumer {
  const request = resolveConsumerOptions(options);
  const { taken } = attach(name, options, (segment) => new Consumer(segment, enterGroup(segment, request)));
  return taken;
}

function nestedPoll(): HermesError {
  return new HermesError(
    'ERR_HERMES_INVALID_STATE',
    'poll was called by the handler of a running poll: return from it first',
  );
}
