import { checkFlags, checkFunction, checkKnown, checkLimit } from '../checks.js';
import { heldBackIn } from '../control/held-back.js';
import type { HeldBack } from '../control/held-back-remedy.js';
import { hideFields, INSPECT, type Inspect, inspected } from '../hidden-fields.js';
import { CONSUMER_BELL_OFFSET } from '../layout/preamble.js';
import { detach, detachedError } from '../membership/attachment.js';
import { leaveGroup, type Membership } from '../membership/membership.js';
import { memberSlot } from '../membership/places.js';
import { Reaper } from '../membership/reap.js';
import { timeNs } from '../ring/clock.js';
import { asBytes, type Message, type MessageHandler } from '../ring/message.js';
import type { GroupMode } from '../segment/group-entries.js';
import type { Segment } from '../segment/segment.js';
import { Waiter } from '../waiting/waiter.js';
import { MemberReader } from './member-reader.js';
import {
  BatchIterator,
  ITERATION_OPTIONS,
  type Iterated,
  type IterationOptions,
  MessageIterator,
} from './message-iteration.js';
import { type MessageStream, type ReadableOptions, readableOf } from './message-readable.js';
import type { ResolvedOptions } from './participant-options.js';
import {
  BLOCKING_WAIT_OPTIONS,
  type BlockingWaitOptions,
  WAIT_ASYNC_OPTIONS,
  type WaitAsyncOptions,
} from './wait-options.js';

const DEFAULT_LIMIT = 256;

/** A consumer as JSON shows it. */
export interface ConsumerJson extends Pick<Consumer, 'group' | 'lost'> {
  /** The segment's name. */
  readonly segment: string;
  /** Of the group. */
  readonly mode: GroupMode;
  readonly shared: boolean;
  readonly durable: boolean;
  /** False once it has detached. */
  readonly isAttached: boolean;
}

/**
 * A member of a group. Once optimized, `poll` and `read` allocate nothing for a message (a view for a checksum from 1,536 bytes on). They
 * make no system call unless a producer waits for room, or members of the group may have died. Calls that wait make system calls only
 * when they really sleep.
 */
export class Consumer<T = Buffer> implements AsyncIterable<Message<T>> {
  private readonly reader: MemberReader;
  private readonly waiter: Waiter;
  private readonly iterated: Iterated<T>;

  /** @internal use attachConsumer */
  constructor(
    private readonly segment: Segment,
    private readonly membership: Membership,
    { codec, idle }: ResolvedOptions<T>,
  ) {
    const { entry, member } = membership;
    const decode = (codec === undefined ? asBytes : (payload) => codec.decode(payload)) as (payload: Buffer) => T;
    this.reader = new MemberReader(segment, membership, decode, idle.distanceNs, () => this.leave());
    const slot = memberSlot(segment, entry.group, member);
    this.waiter = new Waiter(segment, slot, CONSUMER_BELL_OFFSET, idle, new Reaper(segment));
    this.iterated = { reader: this.reader, waiter: this.waiter, decode };
    hideFields(this);
  }

  /** The group's name. */
  get group(): string {
    return this.membership.entry.name;
  }

  /** Messages that were overwritten before this consumer read them: lossy groups only. */
  get lost(): number {
    return this.reader.lost;
  }

  /**
   * Hands messages to `handler`, in order within each lane, and acknowledges those that it returned from, once per lane.
   * The message object is used again: it is valid until the handler returns.
   * @param limit the most messages: a whole number from 0, or Infinity; default 256
   * @returns how many; 0 when there is nothing to read
   * @throws what the handler throws: earlier messages are acknowledged, this one and the rest are delivered again;
   *   HermesError ERR_HERMES_CORRUPT_SEGMENT, _DETACHED, _REMOVED, _INVALID_OPTION, _INVALID_STATE (`poll` called by its own handler,
   *   or a handler that returned a promise: it counts as one that threw)
   */
  poll(handler: MessageHandler<T>, limit: number = DEFAULT_LIMIT): number {
    if (!isUsual(handler, limit)) checkReading(handler, limit);
    return this.reader.read(handler as MessageHandler<unknown>, limit, true);
  }

  /**
   * Like `poll`, but acknowledges nothing: payloads stay in place until `acknowledge`, even across turns of the event loop (the message
   * object itself is used again at once). Lossy groups: the next message overwrites the copy.
   */
  read(handler: MessageHandler<T>, limit: number = DEFAULT_LIMIT): number {
    if (!isUsual(handler, limit)) checkReading(handler, limit);
    return this.reader.read(handler as MessageHandler<unknown>, limit, false);
  }

  /** Acknowledges all that was handed out and is not acknowledged: producers may overwrite it. @throws HermesError ERR_HERMES_DETACHED */
  acknowledge(): void {
    this.reader.acknowledge();
  }

  /**
   * Every message, as a copy that is yours to keep. It never ends by itself: it sleeps while there is nothing to read. A message is
   * acknowledged when the **next** one is asked for; the one at which you leave the loop is delivered again unless you call `acknowledge`.
   * Ends when the consumer detaches. Costs a poll, two allocations and a promise a message. @throws (rejects) as `poll`, and
   * ERR_HERMES_INVALID_STATE while another iteration goes on
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message<T>> {
    return this.messages();
  }

  /** The same, with a signal to end it, or an end of its own: `for await (const message of consumer.messages({ drain: true }))`. */
  messages(options: IterationOptions = {}): AsyncIterableIterator<Message<T>> {
    checkKnown('messages', options, ITERATION_OPTIONS);
    return new MessageIterator(this.iterated, options);
  }

  /**
   * The same in arrays of what is there, up to `limit` messages. Each array costs one poll, one promise and one acknowledgement.
   * @param limit a whole number from 1, or Infinity; default 256
   */
  batches(limit: number = DEFAULT_LIMIT, options: IterationOptions = {}): AsyncIterableIterator<Message<T>[]> {
    checkKnown('batches', options, ITERATION_OPTIONS);
    return new BatchIterator(this.iterated, limit, options);
  }

  /**
   * The values of the messages (without a codec, payloads as copies) as a Node stream in object mode. A message is acknowledged once it
   * is in the stream, so what the stream still buffers when the process dies is lost to the group. Ends when the consumer detaches;
   * destroying it leaves the consumer attached.
   */
  readable(options: ReadableOptions = {}): MessageStream<T> {
    return readableOf(this.iterated, options);
  }

  /**
   * Blocks the thread until there is something to read, and returns true; false at the time-out. Looks for a while, then sleeps in
   * poll(2). No signal handler, timer or I/O of this thread runs meanwhile. True means that `poll` is worth a call: it may find nothing,
   * when a producer has attached, or throw, when the segment was removed.
   * @throws HermesError ERR_HERMES_DETACHED, _INVALID_OPTION
   */
  wait(options: BlockingWaitOptions = {}): boolean {
    checkKnown('wait', options, BLOCKING_WAIT_OPTIONS);
    return this.waiter.waitBlocking(() => this.reader.mayRead(), options.timeout);
  }

  /**
   * Resolves with true once there is something to read (or, with `drain`, once all is read and no producer is attached any
   * more), with false at the time-out. True means as with `wait`. Keeps the process alive meanwhile: see `unref`.
   * @throws (rejects) the signal's reason; HermesError ERR_HERMES_DETACHED when it detaches meanwhile, _INVALID_OPTION
   */
  waitAsync(options: WaitAsyncOptions = {}): Promise<boolean> {
    const { reader } = this;
    try {
      checkKnown('waitAsync', options, WAIT_ASYNC_OPTIONS);
      checkFlags(options, 'drain');
    } catch (error) {
      return this.waiter.fail(error);
    }
    const look = options.drain === true ? () => reader.mayRead() || reader.seemsDrained() : () => reader.mayRead();
    return this.waiter.wait(look, options);
  }

  /** While it waits, the process stays alive: the default. */
  ref(): this {
    this.waiter.hold(true);
    return this;
  }

  /** The process may end while it waits. */
  unref(): this {
    this.waiter.hold(false);
    return this;
  }

  /** The segment's clock, which messages are stamped with: nanoseconds since the Unix epoch. Allocates a BigInt. */
  timeNs(): bigint {
    return timeNs(this.segment.memory.clockOffsetNs);
  }

  /**
   * True if a producer was attached once, none is attached now, and every message has been handed out. Costs some loads for each lane
   * in use, and one system call or more. A loop may ask at each empty poll: then it makes the system calls only once in 10 ms, and
   * notices a killed producer that much later.
   */
  isDrained(): boolean {
    return this.reader.isDrained();
  }

  /**
   * Leaves the group; an ephemeral group ends with its last member. Iterations and streams end, other waits reject with
   * ERR_HERMES_DETACHED. In a handler: takes effect when that returns. Idempotent.
   */
  detach(): void {
    this.reader.close();
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.detach();
  }

  /** @internal For each producer that is held back, the slowest group that it waits for, as another process sees it. */
  heldBack(): HeldBack[] {
    return heldBackIn(this.segment);
  }

  /** What `JSON.stringify` writes, and `console.log` prints. */
  toJSON(): ConsumerJson {
    const { name, mode, shared, durable } = this.membership.entry;
    const { lost, isClosed } = this.reader;
    return { segment: this.segment.name, group: name, mode, shared, durable, lost, isAttached: !isClosed };
  }

  /** @internal what `console.log` prints */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    return inspected('Consumer', this.toJSON(), depth, options, inspect);
  }

  private leave(): void {
    const { segment } = this;
    this.waiter.close(detachedError('consumer', segment.name));
    detach(segment, () => leaveGroup(segment, this.membership));
  }
}

/** True for a limit that needs no closer check: every call asks. */
function isUsual(handler: unknown, limit: unknown): boolean {
  return typeof handler === 'function' && typeof limit === 'number' && limit >= 0 && (limit | 0) === limit;
}

function checkReading(handler: unknown, limit: unknown): void {
  checkFunction('handler', handler);
  checkLimit('limit', limit, 0);
}
