import { PADDING_TYPE, RECORD_KIND_WORD, RECORD_LENGTH_WORD, recordLength, recordType } from '../layout/record.js';
import { startTicking, stopTicking } from '../os/timers.js';
import { corruptLane } from '../ring/corrupt-lane.js';
import { headAndSequence } from '../ring/head.js';
import { laneOffset } from '../ring/indices.js';
import { headerFault, laneRules, type RecordRules } from '../ring/record-fault.js';
import type { RecordSink } from '../ring/record-sink.js';
import type { SegmentMemory } from '../ring/segment-memory.js';
import type { SyncMode } from './journal-options.js';
import type { JournalWriter } from './journal-writer.js';

/** Milliseconds between two looks whether the journal is where it was: a message needs no system call. */
const LOOK_INTERVAL_MS = 250;

/**
 * A journal in a producer's path: what the producer publishes is in the journal first. A producer that dies between the two
 * leaves messages in the journal that were never published; the next one that opens it takes them back.
 */
export class InlineJournal implements RecordSink {
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly lookTimer: NodeJS.Timeout;
  /** What was in the journal may be lost, or is not known: nothing more is taken. */
  private failure: { readonly error: unknown } | undefined;
  private isChanged = false;
  /** The last look found the journal elsewhere. */
  private isLost = false;
  /** Messages were published, and nobody has been told since whether the journal is where it was. */
  private isUnchecked = false;
  private memory: SegmentMemory | undefined;
  private lane = 0;
  private rules: RecordRules | undefined;

  constructor(
    private readonly writer: JournalWriter,
    private readonly sync: SyncMode,
    syncIntervalMs: number,
  ) {
    if (sync === 'interval') this.timer = startTicking(() => this.syncChanges(), syncIntervalMs).unref();
    this.lookTimer = startTicking(() => this.look(), LOOK_INTERVAL_MS).unref();
  }

  /** The lanes of which messages are in the journal. */
  get lanes(): readonly number[] {
    return this.writer.lanes;
  }

  /**
   * Begins with a lane, whose producer the caller is: messages that no lane has published are taken back. The control
   * lock must be held. @throws HermesError ERR_HERMES_REMOVED when the segment is not the one that the journal was opened for
   */
  join(memory: SegmentMemory, lane: number, segmentId: Buffer): void {
    this.writer.checkSegment(segmentId);
    this.memory = memory;
    this.lane = lane;
    this.rules = laneRules(memory, lane);
    this.writer.readFrom(memory.bytes);
    for (const recorded of this.writer.lanes) {
      const head = headAndSequence(memory, recorded);
      if (head !== undefined) this.writer.cutBack(recorded, head.sequence); // one that moves has been published farther
    }
  }

  /** What fails here is not published: the journal gives it up as well. */
  take(head: number, end: number): void {
    this.isUnchecked = false; // whatever is thrown from here on tells
    if (this.failure !== undefined) throw this.failure.error;
    if (this.isLost) this.writer.checkPlace();
    const { writer, lane } = this;
    writer.reserve((end - head) >>> 0);
    const due = writer.nextSequence(lane) ?? 0;
    try {
      this.append(head, end);
      writer.store();
      this.isChanged = true;
      if (this.sync === 'every') this.syncNow();
    } catch (error) {
      this.takeBack(due);
      throw error;
    }
    this.isUnchecked = true;
  }

  /**
   * Syncs, as far as that was asked for, and lets go of the journal.
   * @throws HermesError when that fails, or when what was published since the last look is not where it should be
   */
  close(): void {
    stopTicking(this.timer);
    stopTicking(this.lookTimer);
    try {
      if (this.sync !== 'os' && this.isChanged) this.writer.syncNow();
      if (this.isUnchecked) this.writer.checkPlace();
    } finally {
      this.writer.close();
    }
  }

  private look(): void {
    try {
      this.writer.checkPlace();
      this.isLost = false;
    } catch {
      this.isLost = true; // who publishes next is told
    }
  }

  private append(head: number, end: number): void {
    const { writer, lane } = this;
    const { words, geometry } = this.memory!;
    const rules = this.rules!;
    const laneIndex = laneOffset(this.memory!, lane) >>> 2;
    for (let position = head; position !== end; ) {
      const at = position & (geometry.laneCapacity - 1);
      const index = laneIndex + (at >>> 2);
      const untilEnd = geometry.laneCapacity - at;
      const kind = words[index + RECORD_KIND_WORD]!;
      const length = words[index + RECORD_LENGTH_WORD]!;
      const fault = headerFault(words[index]!, kind, length, rules, untilEnd, (end - position) >>> 0);
      if (fault !== undefined) throw corruptLane(lane, `a record changed before it was published: ${fault}`);
      const type = recordType(kind);
      if (type !== PADDING_TYPE) writer.append(index, lane, type, length);
      position = (position + (type === PADDING_TYPE ? untilEnd : recordLength(length))) | 0;
    }
  }

  /** Of the lane's messages, those from a sequence on. Where that fails too, nobody knows any more what the journal holds. */
  private takeBack(sequence: number): void {
    try {
      this.writer.cutBack(this.lane, sequence);
    } catch (error) {
      this.failure ??= { error };
    }
  }

  private syncNow(): void {
    try {
      this.writer.syncNow();
      this.isChanged = false;
    } catch (error) {
      this.failure = { error }; // the kernel may have forgotten what it could not write: no later sync proves anything
      throw error;
    }
  }

  private syncChanges(): void {
    if (!this.isChanged) return;
    this.isChanged = false;
    this.writer.sync().catch((error) => {
      this.failure = { error };
    });
  }
}
