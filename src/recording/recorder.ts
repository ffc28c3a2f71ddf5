import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { attachConsumer, type Consumer } from '../broker/consumer.js';
import { journalSource } from '../broker/producer-options.js';
import { openSegment } from '../broker/segment.js';
import { HermesError } from '../errors.js';
import { resolveJournalOptions, type SyncMode } from '../journal/journal-options.js';
import type { JournalRepair } from '../journal/journal-recovery.js';
import { type JournalSource, JournalWriter } from '../journal/journal-writer.js';
import { RECORD_HEADER_LENGTH } from '../layout/record.js';
import type { Message } from '../ring/message.js';
import { DEFAULT_RECORDER_GROUP, type RecorderOptions, type RunOptions } from './recorder-options.js';

/** Most messages between two acknowledgements. */
const BATCH_COUNT = 1024;
/** How long a busy run keeps the event loop waiting, and how long a run that is out of room waits. Milliseconds. */
const TURN_INTERVAL_MS = 5;
const BLOCKED_INTERVAL_MS = 50;

/**
 * The one member of a durable group, whose acknowledgement is that a message is in the journal. Whatever dies, each
 * message of each lane is in the journal once: what comes again is skipped by its sequence.
 */
export class Recorder {
  private readonly append: (message: Message) => void;
  private readonly ticker: SyncTicker;
  private isReading = false;
  /** There is something to sync: at first also what a recorder that died has written. */
  private isChanged = true;
  private blockedBy: HermesError | undefined;
  private isAttached = true;

  /** @internal use attachRecorder */
  constructor(
    private readonly consumer: Consumer,
    private readonly writer: JournalWriter,
    private readonly sync: SyncMode,
    syncIntervalMs: number,
  ) {
    this.ticker = new SyncTicker(sync === 'interval' ? syncIntervalMs : 0, () => this.syncChanges());
    this.append = (message) => {
      if (!this.isReading) this.readFrom(message);
      writer.append((message.offset - RECORD_HEADER_LENGTH) / 4, message.lane, message.type, message.length);
    };
  }

  /** The journal's position behind the last message: bytes. */
  get position(): number {
    return this.writer.position;
  }

  /** What opening the journal has mended. */
  get repair(): JournalRepair | null {
    return this.writer.repair;
  }

  /** Messages that never came, though later ones of their lane did: the group was removed meanwhile, or records were lost. */
  get missedCount(): number {
    return this.writer.missedCount;
  }

  /**
   * Records what is there now, and acknowledges it. With `sync: 'every'` this thread waits for the disk.
   * @returns how many messages were read, at most `limit`
   * @throws HermesError ERR_HERMES_NO_SPACE: what was recorded is acknowledged, the rest comes again; _CORRUPT_SEGMENT, _REMOVED, _DETACHED
   */
  record(limit: number = BATCH_COUNT): number {
    const count = this.take(limit);
    if (this.isChanged && this.sync === 'every') {
      this.writer.syncNow();
      this.isChanged = false;
    }
    this.consumer.acknowledge();
    if (this.blockedBy !== undefined) throw this.blockedBy;
    return count;
  }

  /**
   * Records until it is told to end. Without room in the journal's file system it waits, and acknowledges nothing.
   * @throws HermesError ERR_HERMES_REMOVED, _CORRUPT_SEGMENT, _CORRUPT_JOURNAL, _SYSTEM (a sync failed), _DETACHED
   */
  async run({ signal, drain = false, onBlocked }: RunOptions = {}): Promise<void> {
    let turnedAtMs = performance.now();
    let wasBlocked = false;
    try {
      while (signal?.aborted !== true) {
        const count = this.take(BATCH_COUNT);
        if (this.isChanged && this.sync === 'every') await this.syncChanges();
        this.consumer.acknowledge();
        if (this.blockedBy !== undefined ? !wasBlocked : wasBlocked && count > 0) {
          wasBlocked = !wasBlocked;
          onBlocked?.(this.blockedBy ?? null);
        }
        if (this.blockedBy !== undefined) await sleep(BLOCKED_INTERVAL_MS, undefined, { signal }).catch(() => {});
        else if (count === 0 && drain && this.consumer.isDrained()) return;
        else if (count === 0) await this.waitForMessages(drain, signal);
        else if (performance.now() - turnedAtMs > TURN_INTERVAL_MS) await nextTurn();
        else continue;
        turnedAtMs = performance.now();
      }
    } finally {
      if (this.sync !== 'os') await this.syncChanges();
    }
  }

  /** Leaves the group, which keeps its positions, and the journal, which is synced unless that is the kernel's. Idempotent. */
  detach(): void {
    if (!this.isAttached) return;
    this.isAttached = false;
    this.ticker.stop();
    this.consumer.detach();
    try {
      if (this.isChanged && this.sync !== 'os') this.writer.syncNow();
    } finally {
      this.writer.close();
    }
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  /** Reads messages into the journal. How many; where there is no room for one, `blockedBy` says so. */
  private take(limit: number): number {
    this.ticker.check();
    const { position } = this.writer;
    this.blockedBy = undefined;
    try {
      return this.consumer.read(this.append, limit);
    } catch (error) {
      if (!(error instanceof HermesError) || error.code !== 'ERR_HERMES_NO_SPACE') throw error;
      this.blockedBy = error;
      return 0;
    } finally {
      if (this.writer.position !== position) this.isChanged = true;
    }
  }

  /** Sleeps until there is something; ends early with the signal. */
  private async waitForMessages(drain: boolean, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.consumer.waitAsync({ drain, signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  }

  private async syncChanges(): Promise<void> {
    if (!this.isChanged) return;
    this.isChanged = false;
    await this.writer.sync();
  }

  private readFrom({ buffer }: Message): void {
    this.writer.readFrom(buffer);
    this.isReading = true;
  }
}

/** Calls for a sync now and then, one at a time, and remembers when one has failed. */
class SyncTicker {
  private failure: { readonly error: unknown } | undefined;
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(intervalMs: number, sync: () => Promise<void>) {
    if (intervalMs > 0) {
      this.timer = setInterval(() => {
        sync().catch((error) => {
          this.failure ??= { error };
        });
      }, intervalMs).unref();
    }
  }

  check(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/**
 * Attaches to a segment as its recorder: opens the journal, mends its torn tail, and joins the group. Blocks for some
 * milliseconds. @throws HermesError ERR_HERMES_BUSY (the directory has a writer), _NO_FREE_MEMBER (the group has a
 * recorder), _CORRUPT_JOURNAL, _INCOMPATIBLE_LAYOUT, _NO_SPACE, _PERMISSION, _INVALID_OPTION, and what attachConsumer throws
 */
export function attachRecorder(name: string, options: RecorderOptions): Recorder {
  const { to, group = DEFAULT_RECORDER_GROUP, from = 'oldest', directory } = options;
  const settings = resolveJournalOptions(options);
  const writer = JournalWriter.open(to, sourceOf(name, directory), settings);
  try {
    const consumer = attachConsumer(name, { directory, group, from, mode: 'reliable', durable: true, shared: false });
    try {
      writer.checkSegment(sourceOf(name, directory).segmentId); // by name: who is attached keeps it from being replaced
      return new Recorder(consumer, writer, settings.sync, settings.syncIntervalMs);
    } catch (error) {
      consumer.detach();
      throw error;
    }
  } catch (error) {
    writer.close();
    throw error;
  }
}

function sourceOf(name: string, directory: string | undefined): JournalSource {
  const segment = openSegment(name, { directory }, 'read-only');
  try {
    return journalSource(segment);
  } finally {
    segment.close();
  }
}
