import { checkKnown } from '../checks.js';
import type { HeldBack } from '../control/held-back-remedy.js';
import { hideFields, INSPECT, type Inspect, inspected } from '../hidden-fields.js';
import type { InlineJournal } from '../journal/inline-journal.js';
import { PRODUCER_BELL_OFFSET } from '../layout/preamble.js';
import { DEFAULT_TYPE } from '../layout/record.js';
import { detach, detachedError } from '../membership/attachment.js';
import { producerSlot } from '../membership/places.js';
import { Reaper } from '../membership/reap.js';
import { vacateSlot } from '../membership/slot.js';
import { checkSignal, throwIfAborted } from '../os/abort.js';
import { BACK_PRESSURED, type LaneWriter } from '../ring/lane-writer.js';
import { checkMessage, noArray } from '../ring/misuse.js';
import type { Segment } from '../segment/segment.js';
import { WAIT_OPTIONS, Waiter, type WaitOptions } from '../waiting/waiter.js';
import { Claim } from './claim.js';
import { HeldBackWatch } from './held-back-watch.js';
import { type MessageSink, type WritableOptions, writableOf } from './message-writable.js';
import type { ResolvedOptions } from './participant-options.js';
import { Refusals } from './refusals.js';
import { SEND_OPTIONS, type SendOptions, SendQueue } from './send-queue.js';
import { lengthOf, type Prepared, ValueWriter } from './value-writer.js';

const NO_OPTIONS: SendOptions = {};

/** A producer as JSON shows it. */
export interface ProducerJson extends Pick<Producer, 'lane' | 'position' | 'maxPayload' | 'hasCodec'> {
  /** The segment's name. */
  readonly segment: string;
  /** False once it has detached. */
  readonly isAttached: boolean;
}

/**
 * The one writer of a lane. Once optimized, `offer`, `offerBatch` and claims allocate nothing until the lane has carried 2 GiB (a batch
 * of more than half a lane: an array; for later see `offer`). They make no system call unless a consumer sleeps (a timestamp is a clock
 * read in user space, 30 to 40 ns). Codecs and journals may do both. If a call that writes throws, nothing of it is ever seen.
 */
export class Producer<T = Uint8Array> {
  private isAttached = true;
  private readonly values: ValueWriter<T>;
  private readonly claim: Claim;
  private readonly waiter: Waiter;
  private readonly queue: SendQueue;
  private readonly watch: HeldBackWatch;
  private readonly refusals: Refusals;
  /** True if a codec makes values of bytes. */
  readonly hasCodec: boolean;

  /** @internal use attachProducer */
  constructor(
    private readonly segment: Segment,
    private readonly writer: LaneWriter,
    { codec, idle }: ResolvedOptions<T>,
    private readonly journal: InlineJournal | undefined,
  ) {
    const { memory } = segment;
    this.hasCodec = codec !== undefined;
    this.values = new ValueWriter(writer, memory, codec);
    this.claim = new Claim(writer, memory.bytes);
    const slot = producerSlot(segment, writer.lane);
    const reaper = new Reaper(segment);
    this.waiter = new Waiter(segment, slot, PRODUCER_BELL_OFFSET, idle, reaper, () => this.watch.tick());
    this.queue = new SendQueue(writer, this.waiter, (payload, type) => this.offerPrepared(payload, type));
    this.watch = new HeldBackWatch(this, segment, writer, () => !this.queue.isEmpty);
    this.refusals = new Refusals(reaper, (nowMs) => this.watch.noteRefusal(nowMs));
    hideFields(this, 'hasCodec');
  }

  /** The lane: 0–255. Order is kept within a lane. */
  get lane(): number {
    return this.writer.lane;
  }

  /** Bytes of the largest payload that the segment carries. */
  get maxPayload(): number {
    return this.segment.header.geometry.maxPayloadLength;
  }

  /** Position after the last published message of the lane, whoever wrote it: bytes, never wraps. */
  get position(): number {
    return this.writer.position;
  }

  /**
   * Copies one message into the lane and publishes it.
   * @param type 1–239, for the consumers' use. Default 1.
   * @returns the position after the message, or BACK_PRESSURED (negative): nothing was written, try again later. From 2 GiB of the lane
   *   on, V8 cannot keep a position as a small integer: returning it allocates 16 bytes, unless the call is inlined.
   * @throws HermesError ERR_HERMES_PAYLOAD_TOO_LARGE, _INVALID_OPTION, _INVALID_STATE (a claim is open), _DETACHED, _REMOVED; what the
   *   codec throws
   */
  offer(value: T, type: number = DEFAULT_TYPE): number {
    if (this.hasCodec) return this.offerPrepared(this.values.prepare(value), type);
    const position = this.writer.offer(value as Uint8Array, type);
    if (position < 0) this.refusals.note();
    return position;
  }

  /**
   * Copies messages into the lane, in order, and publishes them together: one publication for up to half a lane. Each value is read once,
   * and all are checked before the first is published. @returns how many there was room for. For a batch of more than half a lane, this may
   * be how many were published before a journal or the segment's removal stopped it; the next call throws that error. @throws as `offer`
   */
  offerBatch(values: readonly T[], type: number = DEFAULT_TYPE): number {
    if (!Array.isArray(values)) throw noArray(values);
    const payloads = this.hasCodec
      ? values.map((value) => this.values.toBytes(value, type))
      : (values as readonly Uint8Array[]);
    const count = this.writer.offerBatch(payloads, type);
    if (count < payloads.length) this.refusals.note();
    return count;
  }

  /**
   * Reserves room for `count` messages of `length` bytes each, to be written in place and then committed or aborted together:
   * the fastest way to send, as nothing is copied and one publication serves them all. One claim is open at a time, and the
   * object is used again by the next.
   * @param count at most what a quarter of a lane holds, with headers. Default 1.
   * @returns null when there is no room for all of them now
   */
  tryClaim(length: number, type: number = DEFAULT_TYPE, count = 1): Claim | null {
    const offset = this.writer.tryClaim(length, type, count);
    if (offset < 0) {
      this.refusals.note();
      return null;
    }
    this.claim.open(offset, length, count);
    return this.claim;
  }

  /**
   * Publishes one message: at once if there is room, else as soon as there is. Meanwhile it sleeps, and later calls of `send` queue up
   * behind it (`offer` and claims do not queue: they overtake it). Do not change the bytes until it resolves. Costs a promise, and no
   * system call while there is room.
   * @returns the position after the message. @throws (rejects) as `offer`, and the signal's reason: then it was not sent
   */
  async send(value: T, options: SendOptions = NO_OPTIONS): Promise<number> {
    const { turns } = this.waiter;
    let prepared: Prepared;
    let position: number = BACK_PRESSURED;
    let type: number = DEFAULT_TYPE;
    let signal: AbortSignal | undefined;
    try {
      if (options !== NO_OPTIONS) {
        checkKnown('send', options, SEND_OPTIONS);
        ({ type = DEFAULT_TYPE, signal } = options);
      }
      checkSignal(signal);
      throwIfAborted(signal);
      prepared = this.values.prepare(value);
      if (this.queue.isEmpty) position = this.offerPrepared(prepared, type);
      if (position < 0) checkMessage(lengthOf(prepared), type, this.maxPayload); // there would never be room
    } catch (error) {
      return this.waiter.fail(error);
    }
    if (position < 0) return this.queue.add(prepared, type, signal);
    if (turns.isDue) await turns.take();
    return position;
  }

  /**
   * Resolves once every reliable group has acknowledged everything that this producer published, or had in `send`, before the call. It
   * never resolves while a durable group has no member. @throws (rejects) the signal's reason; HermesError ERR_HERMES_DETACHED, _REMOVED
   */
  async flush(options: WaitOptions = NO_OPTIONS): Promise<void> {
    let signal: AbortSignal | undefined;
    try {
      checkKnown('flush', options, WAIT_OPTIONS);
      signal = options.signal;
      checkSignal(signal);
      throwIfAborted(signal);
    } catch (error) {
      return this.waiter.fail(error);
    }
    const position = await this.queue.drained(signal);
    await this.watch.flushing(this.waiter.wait(() => this.writer.isHandledTo(position), { signal }));
  }

  /** A Node stream in object mode: each chunk is a value, sent as by `send`. Ending it leaves the producer attached. */
  writable(options: WritableOptions = {}): MessageSink<T> {
    return writableOf(this, options);
  }

  /**
   * The slowest of the groups that leave no room for the largest message, or that `flush` waits for: its members, how far behind it is,
   * since when, and what to do. Null if there is no such group. Meant for people: allocates, and reads /proc. @throws HermesError
   * ERR_HERMES_DETACHED
   */
  heldBackBy(): HeldBack | null {
    if (!this.isAttached) throw detachedError('producer', this.segment.name);
    return this.watch.look();
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

  /**
   * Gives the lane back. An open claim is given up, and calls that wait reject with ERR_HERMES_DETACHED. Idempotent; blocks for some
   * microseconds.
   */
  detach(): void {
    if (!this.isAttached) return;
    this.isAttached = false;
    const error = detachedError('producer', this.segment.name);
    this.writer.close(error);
    this.waiter.close(error);
    detach(this.segment, () => {
      vacateSlot(this.segment, producerSlot(this.segment, this.lane));
      this.segment.doorbells.ringConsumers(); // a consumer may wait for the end
    });
    this.journal?.close();
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  /** Detaches once everything that waits in `send` is sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isAttached) await this.queue.drained(undefined);
    this.detach();
  }

  /** What `JSON.stringify` writes, and `console.log` prints. */
  toJSON(): ProducerJson {
    const { segment, lane, position, maxPayload, hasCodec, isAttached } = this;
    return { segment: segment.name, lane, position, maxPayload, hasCodec, isAttached };
  }

  /** @internal what `console.log` prints */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    return inspected('Producer', this.toJSON(), depth, options, inspect);
  }

  private offerPrepared(prepared: Prepared, type: number): number {
    const position = this.values.offer(prepared, type);
    if (position < 0) this.refusals.note();
    return position;
  }
}
