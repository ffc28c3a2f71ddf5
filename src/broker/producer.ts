import type { InlineJournal } from '../journal/inline-journal.js';
import { DEFAULT_TYPE } from '../layout/record.js';
import { LaneWriter } from '../ring/lane-writer.js';
import { attach, detach, detachedError } from './attachment.js';
import { Claim } from './claim.js';
import { type Slot, vacateSlot } from './participants.js';
import { openInlineJournal, type ProducerOptions } from './producer-options.js';
import { reap, reapIfNeeded } from './reap.js';
import { producerSlot, takeLane } from './roster.js';
import type { Segment } from './segment.js';
import { startSlowTimer } from './slow-timer.js';

/** Refused calls in a row between two looks at the clock, and milliseconds between two looks for dead participants. */
const REFUSALS_PER_LOOK = 32;
const REAP_INTERVAL_MS = 5;

/**
 * The one writer of a lane. `offer`, `offerBatch` and claims allocate nothing once optimized and make no system call
 * (a timestamp is one clock read, about 30 ns, in user space).
 */
export class Producer {
  private refusals = 0;
  private lastReapMs = 0;
  private isAttached = true;
  private readonly claim: Claim;
  private readonly slot: Slot;
  private readonly stopTimer: () => void;

  /** @internal use attachProducer */
  constructor(
    private readonly segment: Segment,
    private readonly writer: LaneWriter,
    private readonly journal: InlineJournal | undefined,
  ) {
    this.claim = new Claim(writer, segment.memory.bytes);
    this.slot = producerSlot(segment, writer.lane);
    this.stopTimer = startSlowTimer(segment, this.slot);
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
   * @returns the position after the message, or BACK_PRESSURED (negative): nothing was written, try again later. From
   *   2 GiB on a position is no small integer for V8: returning it allocates 16 bytes, unless the call is inlined.
   * @throws HermesError ERR_HERMES_PAYLOAD_TOO_LARGE, _INVALID_OPTION, _INVALID_STATE (a claim is open), _DETACHED, _REMOVED
   */
  offer(payload: Uint8Array, type: number = DEFAULT_TYPE): number {
    const position = this.writer.offer(payload, type);
    if (position < 0) this.onBackPressure();
    return position;
  }

  /**
   * Copies messages into the lane, in order, and publishes them together: one publication for up to half a lane.
   * All are checked before the first is written. @returns how many there was room for
   */
  offerBatch(payloads: readonly Uint8Array[], type: number = DEFAULT_TYPE): number {
    const count = this.writer.offerBatch(payloads, type);
    if (count < payloads.length) this.onBackPressure();
    return count;
  }

  /**
   * Reserves room for one message of `length` bytes, to be written in place and then committed or aborted. One claim
   * is open at a time, and the object is used again by the next. @returns null when there is no room now
   */
  tryClaim(length: number, type: number = DEFAULT_TYPE): Claim | null {
    const offset = this.writer.tryClaim(length, type);
    if (offset < 0) {
      this.onBackPressure();
      return null;
    }
    this.claim.open(offset, length);
    return this.claim;
  }

  /** Gives the lane back. An open claim is given up. Idempotent; blocks for some microseconds. */
  detach(): void {
    if (!this.isAttached) return;
    this.isAttached = false;
    this.stopTimer();
    this.writer.close(detachedError('producer', this.segment.name));
    detach(this.segment, () => vacateSlot(this.segment, this.slot));
    this.journal?.close();
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  /** Somebody who died may be what is in the way: looks, at most every 5 ms, and removes what the dead held. */
  private onBackPressure(): void {
    if (this.refusals++ % REFUSALS_PER_LOOK !== 0) return;
    const nowMs = performance.now();
    if (nowMs - this.lastReapMs < REAP_INTERVAL_MS) return;
    this.lastReapMs = nowMs;
    reapIfNeeded(this.segment, this.slot.lockOffset);
  }
}

/**
 * Attaches to a segment as a producer: takes a lane, at once also that of a producer that was killed, and goes on
 * where it ended. Blocks for some hundred microseconds.
 * @throws HermesError ERR_HERMES_SEGMENT_NOT_FOUND, _NO_FREE_LANE, _CORRUPT_SEGMENT, _INCOMPATIBLE_LAYOUT, _OTHER_BOOT, _REMOVED, _BUSY, _PERMISSION
 */
export function attachProducer(name: string, options: ProducerOptions = {}): Producer {
  const journal = openInlineJournal(name, options);
  try {
    const { segment, taken } = attach(name, options, (opened) => {
      const lane = takeLane(opened, journal?.lanes); // before the dead are cleaned up: a killed producer's lane comes first
      reap(opened, producerSlot(opened, lane).lockOffset);
      journal?.join(opened.memory, lane, opened.header.segmentId);
      return new LaneWriter(opened.memory, lane, journal);
    });
    return new Producer(segment, taken, journal);
  } catch (error) {
    journal?.close();
    throw error;
  }
}
