import fs from 'node:fs';
import path from 'node:path';
import { HermesError } from '../errors.js';
import { journalFileName } from '../layout/journal-file.js';
import { RECORD_HEADER_LENGTH } from '../layout/record.js';
import type { MessageHandler } from '../ring/message.js';
import { type Damage, damagedJournal } from './corrupt-journal.js';
import { existingEntries, type JournalEntry, journalEntries } from './journal-directory.js';
import { JournalFile } from './journal-file.js';
import type { FollowOptions, JournalReaderOptions } from './journal-reader-options.js';
import { checkPlace, filesOfPlace, type JournalPlace, walkToPlace } from './journal-seek.js';
import { FAULT, type Gap, JournalWalker, LANE_TABLE, MESSAGE, SEALED } from './journal-walker.js';
import { missingFrom } from './missing-file.js';
import { openFirst } from './open-first.js';
import { ReadAhead } from './read-ahead.js';
import { copyMessage, type RecordedMessage } from './recorded-message.js';
import { surveyTail } from './tail-survey.js';
import { waitForRecords } from './waiting.js';
import { WriterProbe } from './writer-lock.js';

const DEFAULT_READ_LIMIT = 256;

/**
 * Reads a journal, also one that is being written. One file is mapped at a time, and is not pruned meanwhile. `read`
 * allocates nothing for a message once optimized, below 1,536 bytes of payload.
 */
export class JournalReader {
  /** What was skipped. */
  readonly damages: Damage[] = [];
  private readonly gapsBefore: Gap[] = [];
  private readonly probe: WriterProbe;
  private readonly skipsDamage: boolean;
  private readonly onDamage: ((damage: Damage) => void) | undefined;
  private walker: JournalWalker;
  /** Byte offset in the file behind which nothing was found, with no writer alive. */
  private surveyedOffset = -1;
  private readonly readAhead: ReadAhead = new ReadAhead();
  private isClosed = false;
  private isRefused = false;

  /** @internal use openJournal */
  constructor(
    readonly directory: string,
    { from, skipDamage = false, onDamage }: JournalReaderOptions,
  ) {
    this.onDamage = onDamage;
    this.skipsDamage = skipDamage;
    this.probe = new WriterProbe(directory);
    const entries = existingEntries(directory);
    this.walker = new JournalWalker(openFirst(entries, directory));
    try {
      if (from !== undefined) this.seek(from);
      else if (fs.existsSync(entries[0].path) && this.walker.file.path !== entries[0].path) {
        this.passMissing(entries[0].firstPosition);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The position of the message that is being handled, or else of the next one: bytes. */
  get position(): number {
    return this.walker.file.positionAt(this.walker.offset);
  }

  /** The sequence that comes next of a lane of the segment whose messages are read at present; undefined when none is known. */
  nextSequence(lane: number): number | undefined {
    return this.walker.sequences.next(lane);
  }

  /** Messages that were found missing between those that were read. */
  get gaps(): readonly Gap[] {
    return [...this.gapsBefore, ...this.walker.gaps];
  }

  /**
   * Hands messages to `handler`, in the order of the journal. The message object is used again: it is valid until the
   * handler returns. @returns how many, at most `limit`; 0 at the end, though a writer may go on there
   * @throws what the handler throws: that message comes again; HermesError ERR_HERMES_CORRUPT_JOURNAL with the damage's
   *   extent, _DETACHED
   */
  read(handler: MessageHandler, limit: number = DEFAULT_READ_LIMIT): number {
    if (this.isClosed) throw closed(this.directory);
    let count = 0;
    while (count < limit && !this.isClosed) {
      const { walker } = this;
      if (walker.offset >= this.readAhead.end) this.readAhead.goOn(walker.file, walker.offset);
      const found = walker.next();
      if (found === MESSAGE) {
        if (!this.hand(walker, handler)) break;
        count++;
      } else if (found !== LANE_TABLE && !(found === SEALED ? this.enterNext() : this.passFault(found))) {
        break;
      }
    }
    return count;
  }

  /** In a handler: ends the running read. The message at hand comes again. */
  refuse(): void {
    this.isRefused = true;
  }

  /** Goes to the first message that is not before a place. Reads the index, and at most some MiB of records. */
  seek(place: JournalPlace): void {
    if (this.isClosed) throw closed(this.directory);
    checkPlace(place);
    this.enter(walkToPlace(openFirst(filesOfPlace(this.directory, place), this.directory, this.walker.file), place));
  }

  /** Copies of the messages from here on: to the end, or for ever with `follow`. */
  async *messages({ follow = false, signal }: FollowOptions = {}): AsyncGenerator<RecordedMessage, void, undefined> {
    const batch: RecordedMessage[] = [];
    const collect: MessageHandler = (message) => {
      batch.push(copyMessage(message, this.walker.file.positionAt(message.offset - RECORD_HEADER_LENGTH)));
    };
    while (signal?.aborted !== true) {
      if (this.read(collect) > 0) yield* batch.splice(0);
      else if (follow) await waitForRecords(signal);
      else return;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<RecordedMessage, void, undefined> {
    return this.messages();
  }

  /** Lets go of the file. Idempotent. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.probe.close();
    this.walker.file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** False when the handler has refused the message. */
  private hand(walker: JournalWalker, handler: MessageHandler): boolean {
    const { message } = walker.file.memory;
    message.lane = walker.lane;
    message.type = walker.type;
    message.length = walker.length;
    message.offset = walker.recordOffset + RECORD_HEADER_LENGTH;
    const next = walker.offset;
    walker.offset = walker.recordOffset; // `position` tells of this message
    try {
      handler(message);
    } catch (error) {
      walker.stepBack();
      throw error;
    }
    walker.offset = next;
    if (!this.isRefused) return true;
    this.isRefused = false;
    walker.stepBack();
    return false;
  }

  /** The file is read to its end: goes on in the next one. False when there is none yet. */
  private enterNext(): boolean {
    const firstPosition = this.walker.file.endPosition;
    const next = { path: path.join(this.directory, journalFileName(firstPosition)), firstPosition };
    return this.goOnIn(next) || this.passMissing(firstPosition);
  }

  /** False when the file is not there, or not even its header. */
  private goOnIn(entry: JournalEntry): boolean {
    const { file, sequences } = this.walker;
    const { segmentId, laneCount, journalId } = file.header;
    const opened = JournalFile.open(entry, 'read-only', file, journalId);
    if (opened === undefined) return false;
    const isSame = opened.header.segmentId.equals(segmentId) && opened.header.laneCount === laneCount;
    this.enter(new JournalWalker(opened, isSame ? sequences : undefined));
    return true;
  }

  /** There is no next file: at the end, or because it is missing in the middle, or its header. */
  private passMissing(fromPosition: number): boolean {
    const missing = missingFrom(journalEntries(this.directory), fromPosition);
    if (missing === undefined || this.damages.at(-1)?.fromPosition === fromPosition) return false;
    if (missing.toPosition === fromPosition) return true; // it came a moment ago
    this.report({ file: path.join(this.directory, journalFileName(fromPosition)), fromPosition, ...missing });
    return missing.goesOnIn !== undefined && this.goOnIn(missing.goesOnIn);
  }

  /** No whole record is at the offset. True when the walk goes on, false at the end of what has been written. */
  private passFault(found: number): boolean {
    const { walker } = this;
    const { file } = walker;
    if (file.hasGrown) return this.reopen(); // it was mended
    if (found !== FAULT && walker.offset === this.surveyedOffset) return false;
    const isLast = !journalEntries(this.directory).some((entry) => entry.firstPosition > file.header.firstPosition);
    if (isLast && found !== FAULT && this.probe.isAlive) return file.isInPlace ? false : this.reopen();
    // Somebody may have written or wiped something meanwhile: only what is still so is damage.
    const again = walker.next();
    if (again === MESSAGE) walker.stepBack();
    if (again !== found) return true;
    const { nextRecordOffset } = surveyTail(file, walker.offset, walker.sequences);
    if (isLast && nextRecordOffset === -1) {
      this.surveyedOffset = walker.offset;
      return false;
    }
    const end = nextRecordOffset === -1 ? file.dataEnd : nextRecordOffset;
    const [fromPosition, toPosition] = [this.position, file.positionAt(end)];
    this.report({ file: file.path, fromPosition, toPosition, fault: walker.fault() });
    walker.skipTo(end);
    return true;
  }

  /** @throws HermesError ERR_HERMES_CORRUPT_JOURNAL unless damage is skipped */
  private report(damage: Damage): void {
    if (!this.skipsDamage) throw damagedJournal(damage);
    this.damages.push(damage);
    this.onDamage?.(damage);
  }

  /** Maps the file anew: it has become longer, or its name leads to another one. */
  private reopen(): boolean {
    const { position } = this;
    this.seek({ position });
    return true;
  }

  private enter(walker: JournalWalker): void {
    this.gapsBefore.push(...this.walker.gaps);
    this.walker = walker;
    this.surveyedOffset = -1;
    this.readAhead.end = 0;
  }
}

/**
 * Opens a journal to read it. Reads nothing but its first file's header, or what leads to `from`.
 * @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL, _INCOMPATIBLE_LAYOUT, _PERMISSION, _INVALID_OPTION
 */
export function openJournal(directory: string, options: JournalReaderOptions = {}): JournalReader {
  return new JournalReader(directory, options);
}

function closed(directory: string): HermesError {
  return new HermesError('ERR_HERMES_DETACHED', `This reader of the journal ${directory} was closed: open a new one`);
}
