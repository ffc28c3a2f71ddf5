import type { HermesError } from '../errors.js';
import { PRODUCER_BELL_OFFSET, ROSTER_LANES_MASK, ROSTER_OFFSET } from '../layout/preamble.js';
import { detachedError } from '../membership/attachment.js';
import type { Membership } from '../membership/membership.js';
import { BusyLanes } from '../ring/busy-lanes.js';
import type { HotWords } from '../ring/hot-words.js';
import { InFlight } from '../ring/in-flight.js';
import { LaneReader } from '../ring/lane-reader.js';
import { LossyReader } from '../ring/lossy-reader.js';
import { Message, type MessageHandler } from '../ring/message.js';
import { iterated, nestedPoll, unacknowledged } from '../ring/misuse.js';
import type { Reader } from '../ring/reader.js';
import { RecordCopy } from '../ring/record-copy.js';
import { Ringer } from '../ring/ringer.js';
import { isRemoved, lanesInUse, removedError } from '../ring/roster-word.js';
import { SharedReader } from '../ring/shared-reader.js';
import type { Segment } from '../segment/segment.js';
import { ReadingDistance } from '../waiting/reading-distance.js';
import { DrainLook } from './drain-look.js';
import { Orphans } from './orphans.js';

/** While there is always something to read, every 16th read looks for new lanes, and every 1024th leaves idle lanes out. */
const BUSY_READS_MASK = 15;
const SWEEP_MASK = 1023;
const MAX_POLL_LIMIT = 0x3fff_ffff;

const ROSTER_INDEX: number = ROSTER_OFFSET >>> 2;

const READY = 0;
const READING = 1;
/** Shared groups: a batch was handed out by `read` and is not acknowledged. */
const HOLDING = 2;
const CLOSED = 3;

/**
 * Reads the lanes of a segment for one member of a group. A read allocates nothing once optimized, and makes no system call, but for:
 * ringing a producer that sleeps; leaving idle lanes out of more than eight, every so often; the batches of members that died.
 */
export class MemberReader {
  private readonly readers: readonly Reader[];
  /** Shared groups: what has to be read again. */
  private readonly orphans: Orphans | undefined;
  private readonly hot: HotWords;
  private readonly drain: DrainLook;
  private readonly busy: BusyLanes;
  private readonly distance: ReadingDistance;
  private laneCount: number;
  private roster: number;
  /** The lane that was visited last, and its place among the busy ones. */
  private lane = 0;
  private place = 0;
  private reads = 0;
  private busyReads = 0;
  private isIterated = false;
  private state: typeof READY | typeof READING | typeof HOLDING | typeof CLOSED = READY;

  /** `leave` gives the place in the group back. It is called once, after `close`, when no handler runs. */
  constructor(
    private readonly segment: Segment,
    membership: Membership,
    decode: (payload: Buffer) => unknown,
    distanceNs: number,
    private readonly leave: () => void,
  ) {
    const { memory, doorbells } = segment;
    const { entry, member } = membership;
    this.hot = memory.hot;
    this.distance = new ReadingDistance(distanceNs, () => this.busy.hasMore);
    this.laneCount = lanesInUse(memory);
    this.roster = this.laneCount;
    this.drain = new DrainLook(segment, (laneCount) => this.isAllRead(laneCount));
    const producers = new Ringer(memory, PRODUCER_BELL_OFFSET, () => doorbells.ringProducers());
    const message = new Message(memory.bytes, memory.words, memory.times, decode);
    const lanes = Array.from({ length: memory.geometry.laneCount }, (_, lane) => lane);
    if (entry.shared) {
      const inFlight = new InFlight(memory, entry.group, member);
      const readers = lanes.map((lane) => new SharedReader(memory, lane, entry.group, inFlight, message, producers));
      this.readers = readers;
      this.orphans = new Orphans(segment, entry.group, member, readers, inFlight);
    } else if (entry.mode === 'lossy') {
      const copy = new RecordCopy(memory, decode);
      this.readers = lanes.map((lane) => new LossyReader(memory, lane, entry.group, copy));
    } else {
      this.readers = lanes.map((lane) => new LaneReader(memory, lane, entry.group, message, producers));
    }
    this.busy = new BusyLanes(memory, (lane) => this.readers[lane]!.isEmpty);
    this.busy.lookAtAll(this.laneCount);
  }

  /** Messages that were overwritten before they were read: lossy groups only. */
  get lost(): number {
    return this.readers.reduce((sum, { lost }) => sum + lost, 0);
  }

  get isClosed(): boolean {
    return this.state === CLOSED;
  }

  /** Hands messages to `handler`. Those it returned from are acknowledged, or held until `acknowledge`. Returns how many. */
  read(handler: MessageHandler<unknown>, limit: number, acknowledges: boolean): number {
    if (this.state !== READY) throw this.misuse();
    this.state = READING;
    const most = Math.min(limit, MAX_POLL_LIMIT) | 0;
    let count = 0;
    try {
      if (this.orphans !== undefined) count = this.readOrphans(this.orphans, handler, most, acknowledges);
      if (count === 0) count = this.visitLanes(handler, most, acknowledges);
    } catch (error) {
      if (acknowledges) this.acknowledgeLane(); // what was handled before it
      this.orphans?.expectOwn();
      this.endRead(READY);
      throw error;
    }
    this.endRead(acknowledges || this.orphans === undefined || count === 0 ? READY : HOLDING);
    if (this.isClosed) return count; // a handler closed it: the memory is gone
    if (count > 0) this.distance.keep(count, most);
    else this.distance.noteNothing();
    if (count > 0 && (++this.busyReads & BUSY_READS_MASK) !== 0) return count;
    return this.lookAtRoster(count) && count === 0 ? this.read(handler, limit, acknowledges) : count;
  }

  /** Acknowledges all that was handed out and held: producers may overwrite it. */
  acknowledge(): void {
    if (this.state === CLOSED || this.state === READING) throw this.misuse();
    for (const reader of this.readers) reader.acknowledge();
    this.orphans?.acknowledge();
    this.state = READY;
  }

  /** @throws HermesError ERR_HERMES_INVALID_STATE during another read, whose messages this one would acknowledge */
  beginIteration(): void {
    if (this.isIterated) throw iterated();
    this.isIterated = true;
  }

  /** Hands out again what it handed out last. */
  endIteration(): void {
    this.isIterated = false;
    this.rewind();
  }

  /** True when a read may find something or throw. A load or two for each lane in use. */
  mayRead(): boolean {
    if (this.orphans?.isExpected) return true;
    if (this.hot.load(ROSTER_INDEX) !== this.roster) return true; // SYNC: roster
    for (let lane = 0; lane < this.laneCount; lane++) if (!this.readers[lane]!.isEmpty) return true;
    return false;
  }

  /** True if `isDrained` may return true. No system call. */
  seemsDrained(): boolean {
    return this.drain.seemsDrained();
  }

  /** True when no producer is attached any more, though one was, and all is read: see `DrainLook`. */
  isDrained(): boolean {
    if (this.state === CLOSED) throw this.misuse();
    return this.drain.isDrained();
  }

  /** Ends it. In a handler: takes effect when that returns. Idempotent. */
  close(): void {
    if (this.state === CLOSED) return;
    const isReading = this.state === READING;
    this.state = CLOSED;
    if (!isReading) this.leave();
    else for (const reader of this.readers) reader.stop();
  }

  /** Reads the busy lanes. Each read begins with the next lane, so that none starves. */
  private visitLanes(handler: MessageHandler<unknown>, limit: number, acknowledges: boolean): number {
    const { readers, busy } = this;
    busy.lookUp();
    const { lanes, count: lookedAt } = busy;
    const most = Math.min(limit, MAX_POLL_LIMIT) | 0;
    let count = 0;
    for (let i = 0; i < lookedAt && count < most && this.state === READING; i++) {
      this.place = this.place + 1 < lookedAt ? this.place + 1 : 0;
      const lane = lanes[this.place]!;
      this.lane = lane;
      const found = readers[lane]!.read(handler, most - count);
      if (found === 0) continue;
      busy.note(lane);
      count += found;
      if (acknowledges) this.acknowledgeLane();
      else if (this.orphans !== undefined) break; // a member of a shared group holds one batch
    }
    if ((++this.reads & SWEEP_MASK) === 0) busy.sweep();
    return count;
  }

  /** A member of a shared group may hold what another must take over. */
  private isAllRead(laneCount: number): boolean {
    for (let lane = 0; lane < laneCount; lane++) if (!this.readers[lane]!.isEmpty) return false;
    return laneCount > 0 && (this.orphans?.isEmpty ?? true);
  }

  private rewind(): void {
    if (this.state === CLOSED || this.state === READING) return;
    for (const reader of this.readers) reader.rewind();
    this.orphans?.rewind();
    this.orphans?.expectOwn();
    this.state = READY;
  }

  private acknowledgeLane(): void {
    this.readers[this.lane]!.acknowledge();
  }

  /** Shared groups: what is left of a batch is read first, in a read of its own. */
  private readOrphans(orphans: Orphans, handler: MessageHandler<unknown>, most: number, acknowledges: boolean): number {
    let count = 0;
    try {
      count = orphans.read(handler, most);
    } catch (error) {
      if (!acknowledges) orphans.rewind();
      throw error;
    } finally {
      if (acknowledges) orphans.acknowledge(); // also what was handled before an error
    }
    return count;
  }

  private endRead(next: typeof READY | typeof HOLDING): void {
    if (this.state === READING) this.state = next;
    else this.leave();
  }

  /** Looks for new lanes and a removed segment: when there is nothing to read, and now and then. True for new lanes. */
  private lookAtRoster(count: number): boolean {
    if (count === 0) this.orphans?.noteIdle();
    const roster = this.hot.load(ROSTER_INDEX); // SYNC: roster
    if (roster === this.roster) return false;
    const before = this.laneCount;
    this.laneCount = lanesInUse(this.segment.memory);
    this.roster = roster & ROSTER_LANES_MASK;
    if (this.laneCount > before) {
      this.busy.lookAtAll(this.laneCount);
      return true;
    }
    if (count === 0 && isRemoved(this.segment.memory)) throw removedError(this.segment.name); // once all is read
    return false;
  }

  private misuse(): HermesError {
    if (this.state === CLOSED) return detachedError('consumer', this.segment.name);
    return this.state === READING ? nestedPoll() : unacknowledged();
  }
}
