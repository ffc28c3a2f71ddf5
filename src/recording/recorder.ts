import { checkFlags, checkFunction, checkKnown, checkLimit } from '../checks.js';
import type { HeldBack } from '../control/held-back-remedy.js';
import { refusePromise } from '../dropped-promise.js';
import { HermesError } from '../errors.js';
import { hideFields, INSPECT, type Inspect, inspected } from '../hidden-fields.js';
import type { SyncMode } from '../journal/journal-options.js';
import type { JournalRepair } from '../journal/journal-recovery.js';
import type { JournalWriter } from '../journal/journal-writer.js';
import { RECORD_HEADER_LENGTH } from '../layout/record.js';
import { checkSignal } from '../os/abort.js';
import { sleep } from '../os/timers.js';
import { Turns } from '../os/turns.js';
import type { Consumer } from '../participants/consumer.js';
import type { Message } from '../ring/message.js';
import { type RecorderJson, RUN_OPTIONS, type RunOptions } from './recorder-options.js';
import { SyncTicker } from './sync-ticker.js';

/** Most messages between two acknowledgements. */
const BATCH_COUNT = 1024;
/** The same in a run that does not sync before each acknowledgement: fewer, as messages may be large and the event loop has to wait. */
const SMALL_BATCH_COUNT = 64;
/** How long a run that is out of room waits. Milliseconds. */
const BLOCKED_INTERVAL_MS = 50;
/** How long an idle run goes without a look at where the journal is. Milliseconds. */
const LOOK_INTERVAL_MS = 250;

/**
 * The one member of a durable group, whose acknowledgement is that a message is in the journal. Whatever process dies, each message of
 * each lane is in the journal once: a message that comes again is skipped by its sequence.
 */
export class Recorder {
  private readonly append: (message: Message) => void;
  private readonly ticker: SyncTicker;
  private isReading = false;
  private appendedCount = 0;
  /** There is something to sync: at first perhaps what a recorder that died has written. */
  private isChanged = true;
  private blockedBy: HermesError | undefined;
  /** Messages that were read, but had no room in the file: they are stored before others are read. */
  private owedCount: number | undefined;
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
      const index = (message.offset - RECORD_HEADER_LENGTH) / 4;
      if (writer.append(index, message.lane, message.type, message.length)) this.appendedCount++;
    };
    hideFields(this);
  }

  /** The journal's position behind the last message: bytes. */
  get position(): number {
    return this.writer.position;
  }

  /** Messages that this recorder has brought to the journal. */
  get recordedCount(): number {
    return this.appendedCount - (this.owedCount ?? 0);
  }

  /** What opening the journal has mended. */
  get repair(): JournalRepair | null {
    return this.writer.repair;
  }

  /** Messages that never came although later ones of their lane did: the group was removed meanwhile, or records were lost. */
  get missedCount(): number {
    return this.writer.missedCount;
  }

  /** @internal For each producer that is held back, the slowest group that it waits for. */
  heldBack(): HeldBack[] {
    return this.consumer.heldBack();
  }

  /**
   * Records what is there now, and acknowledges it. With `sync: 'every'` this thread waits for the disk.
   * @returns how many messages were read, at most `limit`
   * @throws HermesError ERR_HERMES_NO_SPACE: what was recorded is acknowledged, the rest comes again; _JOURNAL_NOT_FOUND (its directory
   *   or file was removed, moved or replaced: nothing is acknowledged), _CORRUPT_JOURNAL (its file was cut), _CORRUPT_SEGMENT, _REMOVED, _DETACHED
   */
  record(limit: number = BATCH_COUNT): number {
    checkLimit('limit', limit, 0);
    const count = this.take(limit);
    if (this.isChanged && this.sync === 'every') {
      this.writer.syncNow();
      this.isChanged = false;
    }
    this.acknowledge(count);
    if (this.blockedBy !== undefined) throw this.blockedBy;
    return count;
  }

  /**
   * Records until it is told to end. While the journal's file system has no room, it waits and acknowledges nothing.
   * @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND (its directory or file was removed, moved or replaced; noticed before each
   *   acknowledgement,   and every 250 ms), _REMOVED, _CORRUPT_SEGMENT, _CORRUPT_JOURNAL, _SYSTEM (a sync failed), _DETACHED
   */
  async run(options: RunOptions = {}): Promise<void> {
    checkKnown('run', options, RUN_OPTIONS);
    const { signal, drain = false, onBlocked } = options;
    checkSignal(signal);
    checkFlags(options, 'drain');
    if (onBlocked !== undefined) checkFunction('onBlocked', onBlocked);
    const turns = new Turns();
    const limit = this.sync === 'every' ? BATCH_COUNT : SMALL_BATCH_COUNT;
    let wasBlocked = false;
    try {
      while (signal?.aborted !== true) {
        const count = this.take(limit);
        if (this.isChanged && this.sync === 'every') await this.syncChanges();
        this.acknowledge(count);
        if (this.blockedBy !== undefined ? !wasBlocked : wasBlocked && count > 0) {
          wasBlocked = !wasBlocked;
          refusePromise(
            onBlocked?.(this.blockedBy ?? null),
            'onBlocked',
            'give a function that is done when it returns',
          );
        }
        if (turns.isDue) await turns.take();
        if (this.blockedBy !== undefined) await sleep(BLOCKED_INTERVAL_MS, signal);
        else if (count === 0 && drain && this.consumer.isDrained()) return;
        else if (count === 0) await this.waitForMessages(drain, signal);
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

  /** What `JSON.stringify` writes, and `console.log` prints. */
  toJSON(): RecorderJson {
    const { segment, group } = this.consumer.toJSON();
    const { position, repair, missedCount, isAttached } = this;
    return { segment, group, directory: this.writer.place.home.path, position, repair, missedCount, isAttached };
  }

  /** @internal what `console.log` prints */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    return inspected('Recorder', this.toJSON(), depth, options, inspect);
  }

  /** Reads messages into the journal, or stores those that were owed. Returns how many; if there is no room, `blockedBy` says so. */
  private take(limit: number): number {
    this.ticker.check();
    this.blockedBy = undefined;
    const count = this.owedCount ?? this.read(limit);
    try {
      this.writer.store();
      if (this.owedCount !== undefined) this.isChanged = true; // a sync that came before has not seen it
      this.owedCount = undefined;
      return count;
    } catch (error) {
      this.blockedBy = roomError(error);
      this.owedCount = count;
      return 0;
    }
  }

  private read(limit: number): number {
    const { position } = this.writer;
    try {
      return this.consumer.read(this.append, limit);
    } catch (error) {
      this.blockedBy = roomError(error);
      return 0;
    } finally {
      if (this.writer.position !== position) this.isChanged = true;
    }
  }

  /** Checks that the journal's file is where its name leads, with all that was read; the directory is checked only when there is time. */
  private acknowledge(count: number): void {
    if (this.owedCount !== undefined) return;
    if (count > 0) this.writer.checkFile();
    else this.writer.checkPlace();
    this.consumer.acknowledge();
  }

  /** Sleeps until there is a message, or a look is due, or the signal is aborted. */
  private async waitForMessages(drain: boolean, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.consumer.waitAsync({ drain, signal, timeout: LOOK_INTERVAL_MS });
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

/** The error, if it says that there is no room. @throws it otherwise */
function roomError(error: unknown): HermesError {
  if (error instanceof HermesError && error.code === 'ERR_HERMES_NO_SPACE') return error;
  throw error;
}
