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

/** Milliseconds between two looks at whether the journal is where it was: so a message needs no system call. */
const LOOK_INTERVAL_MS = 250;

/**
 * A journal in a producer's path: each message is in the journal before it is published. A producer that dies in between
 * leaves messages in the journal that were never published; the next producer that opens it takes them back.
 */
export class InlineJournal implements RecordSink {
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly lookTimer: NodeJS.Timeout;
  /** What is in the journal may be lost, or is not known: nothing more is published. */
  private failure: { readonly error: unknown } | undefined;
  private isChanged = false;
  /** At the last look the journal was not where it was. */
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

  /** The lanes that have messages in the journal. */
  get lanes(): readonly number[] {
    return this.writer.lanes;
  }

  /**
   * Begins to record a lane, whose producer the caller is. Messages in the journal that were never published are taken back. The
   * control lock must be held. @throws HermesError ERR_HERMES_REMOVED when the segment is not the one that the journal was opened for
   */
  join(memory: SegmentMemory, lane: number, segmentId: Buffer): void {
    this.writer.checkSegment(segmentId);
    this.memory = memory;
    this.lane = lane;
    this.rules = laneRules(memory, lane);
    this.writer.readFrom(memory.bytes);
    for (const recorded of this.writer.lanes) {
      const head = headAndSequence(memory, recorded);
      if (head !== undefined) this.writer.cutBack(recorded, head.sequence); // a head that moves meanwhile has published more than the journal has
    }
  }

  /** What cannot be recorded is not published, and is taken out of the journal again. */
  take(head: number, end: number): void {
    this.isUnchecked = false; // from here on, an error says so
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
   * Syncs, if that was asked for, and closes the journal.
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
      this.isLost = true; // the next publication throws
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

  /** Takes back the lane's messages from a sequence on. If that fails too, nobody knows any more what the journal holds. */
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
