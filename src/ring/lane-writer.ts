import type { HermesError } from '../errors.js';
import { COUNTER_ABORTED } from '../layout/counters.js';
import { MAX_USER_TYPE, MIN_USER_TYPE, RECORD_HEADER_LENGTH, recordLength } from '../layout/record.js';
import { Counter } from './counter.js';
import { producerSlotIndex } from './indices.js';
import { BATCH, FREE, LaneCursor } from './lane-cursor.js';
import { checkCount, checkMessage, noClaim } from './misuse.js';
import { MAX_LENGTH_BY_WORDS } from './payload-copier.js';
import { payloadLength, trueLength } from './payload-length.js';
import type { RecordSink } from './record-sink.js';
import type { SegmentMemory } from './segment-memory.js';

/** Returned instead of a position when the slowest reliable group leaves no room: nothing was written, try again. */
export const BACK_PRESSURED = -1;

/**
 * Writes the records of one lane. Exactly one writer exists at a time: whoever owns the lane's producer slot. Every call that
 * writes is a transaction: one that throws has published nothing, and nothing of it is ever seen.
 *
 * Once optimized, nothing here allocates but a batch that is published in parts. A timestamp costs a clock read in user space.
 * Only a journal, and ringing a process that sleeps, make system calls.
 */
export class LaneWriter extends LaneCursor {
  private readonly aborted: Counter;
  private claimedType = 0;
  private claimedCount = 0;

  /** Takes the lane over where its last writer left it. `ringSleepers` rings consumers. @throws HermesError ERR_HERMES_CORRUPT_SEGMENT */
  constructor(memory: SegmentMemory, lane: number, ringSleepers: () => void = () => {}, sink?: RecordSink) {
    super(memory, lane, ringSleepers, sink);
    this.aborted = new Counter(memory.words, producerSlotIndex(memory, lane), COUNTER_ABORTED);
  }

  /** Writes and publishes one message. Returns the position after it, or BACK_PRESSURED. */
  offer(payload: Uint8Array, type: number): number {
    this.checkType(type);
    const length = this.acceptedLength(payload);
    if (this.timestamps) this.time.read();
    try {
      const need = recordLength(length);
      if (((this.limit - this.end) | 0) < need && !this.makeRoom(need)) return BACK_PRESSURED;
      this.copy(payload, length, 0);
      this.sealAndPublish(length, need, type);
    } catch (error) {
      this.rollBack();
      throw error;
    }
    return this.position;
  }

  /**
   * Writes messages and publishes them together, at most half a lane at once. Returns how many there was room for, or how many were
   * published before something failed. A call that throws has published nothing. Each payload is read once, and all are
   * checked before the first is published.
   */
  offerBatch(payloads: readonly Uint8Array[], type: number): number {
    if (this.closedBy !== undefined) throw this.closedBy;
    const { length: count } = payloads;
    if (count === 0) return 0;
    this.checkType(type);
    this.checkFree();
    if (this.timestamps) this.time.read(); // they are published together: one time for all
    this.claimedLength = BATCH;
    try {
      return this.writeBatch(payloads, count, type);
    } catch (error) {
      this.claimedLength = FREE;
      this.rollBack();
      throw error;
    }
  }

  /** Reserves room for `count` messages of `length` bytes, to write in place. Returns the first payload's byte offset, or BACK_PRESSURED. */
  tryClaim(length: number, type: number, count: number): number {
    checkMessage(length, type, this.maxPayloadLength);
    if (count !== 1) checkCount(count, length, this.capacity);
    const need = recordLength(length) * count;
    if (((this.limit - this.end) | 0) < need && !this.makeRoom(need)) return BACK_PRESSURED;
    this.claimedLength = length;
    this.claimedType = type;
    this.claimedCount = count;
    this.limit = this.end; // any other write meanwhile asks for room, and gets an error
    return this.laneStart + (this.end & this.mask) + RECORD_HEADER_LENGTH;
  }

  /** Messages are being written in place. */
  get isClaimed(): boolean {
    return this.claimedLength >= 0;
  }

  /** Publishes the claimed messages. Returns the position after them. */
  commit(): number {
    const length = this.claimedLength;
    if (length < 0) throw this.closedBy ?? noClaim('commit');
    this.claimedLength = FREE;
    try {
      if (this.timestamps) this.time.read();
      const need = recordLength(length);
      if (this.claimedCount === 1) this.sealAndPublish(length, need, this.claimedType);
      else {
        this.seal(length, need, this.claimedType, this.claimedCount);
        this.publish();
      }
    } catch (error) {
      this.rollBack();
      throw error;
    }
    this.limit = this.room.limit(this.head, this.end);
    return this.position;
  }

  /** Gives the claimed messages up: nothing of them is ever seen. */
  abort(): void {
    if (!this.isClaimed) throw this.closedBy ?? noClaim('abort');
    this.claimedLength = FREE;
    this.rollBack();
    this.aborted.add(1);
  }

  /** Whether there is room for a message of `length` bytes. Looks at every group, if need be. @throws HermesError ERR_HERMES_REMOVED */
  hasRoom(length: number): boolean {
    const need = recordLength(length);
    return this.room.has(this.head, this.end, this.paddingBefore(need) + need);
  }

  /** Whether every reliable group has acknowledged all before an unbounded position. Looks at every group. @throws the same */
  isHandledTo(position: number): boolean {
    const lag = this.room.lag(this.head);
    return lag >= 0 && this.position - lag >= position;
  }

  /** Makes every later call throw `error`. */
  close(error: HermesError): void {
    this.closedBy = error;
    this.claimedLength = FREE;
    this.rollBack();
  }

  private checkType(type: number): void {
    if (typeof type !== 'number' || (type | 0) !== type || type < MIN_USER_TYPE || type > MAX_USER_TYPE)
      checkMessage(0, type, this.maxPayloadLength);
  }

  /** Bytes of a payload that may be sent, read once. @throws HermesError that says what is wrong */
  private acceptedLength(payload: Uint8Array): number {
    try {
      if (payload instanceof Uint8Array) {
        const { length } = payload;
        // At once: V8 still knows then what the payload is, and reads the true length without a call.
        if (length > MAX_LENGTH_BY_WORDS && trueLength(payload) !== length) return this.checkedLength(payload);
        if ((length | 0) === length && length > 0 && length <= this.maxPayloadLength) return length;
      }
    } catch {} // it only looks like an array of bytes
    return this.checkedLength(payload);
  }

  /** Does the same for an array of another realm, an array without bytes, or something that is no array. */
  private checkedLength(payload: Uint8Array): number {
    const length = payloadLength(payload);
    checkMessage(length, MIN_USER_TYPE, this.maxPayloadLength);
    return length;
  }

  /** Reading a payload may run the caller's code (a proxy's, for example). No other write finds room meanwhile. */
  private writeBatch(payloads: readonly Uint8Array[], count: number, type: number): number {
    let { limit } = this;
    this.limit = this.end;
    let written = 0;
    for (; written < count; written++) {
      const payload = payloads[written]!;
      const length = this.acceptedLength(payload);
      const need = recordLength(length);
      if (((limit - this.end) | 0) < need) {
        const isDue = this.isPublicationDue(need);
        if (isDue || !this.findRoom(need)) {
          const rest = this.readRest(payload, payloads, written + 1, count);
          if (isDue) return this.writeInParts(rest, written, type);
          break;
        }
        limit = this.limit;
        this.limit = this.end;
      }
      this.put(payload, length, need, type, written);
    }
    if (this.closedBy !== undefined) throw this.closedBy;
    this.claimedLength = FREE;
    this.limit = limit;
    if (written > 0) this.publish();
    return written;
  }

  /** What of a batch comes behind a place at which it has to stop: all of it is checked before anything is published. */
  private readRest(first: Uint8Array, payloads: readonly Uint8Array[], from: number, count: number): Uint8Array[] {
    const rest = [first];
    for (let i = from; i < count; i++) {
      const payload = payloads[i]!;
      this.checkedLength(payload);
      rest.push(payload);
    }
    if (this.closedBy !== undefined) throw this.closedBy;
    return rest;
  }

  /** Goes on with a batch of which a part must be published first. From here on little but a journal's refusal can fail. */
  private writeInParts(rest: readonly Uint8Array[], before: number, type: number): number {
    this.claimedLength = FREE;
    let written = before;
    let published = 0;
    try {
      for (const payload of rest) {
        const length = trueLength(payload);
        checkMessage(length, type, this.maxPayloadLength); // another thread may have made shared memory longer
        if (!this.append(payload, length, type, written)) {
          if (!this.isPublicationDue(recordLength(length))) break;
          this.publish();
          published = written;
          if (!this.append(payload, length, type, written)) break;
        }
        written++;
      }
      if (written > published) this.publish();
    } catch (error) {
      if (published === 0) throw error;
      this.rollBack();
      return published; // the next call gets the error, if it stays
    }
    return written;
  }
}
