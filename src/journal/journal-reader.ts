import fs from 'node:fs';
import { checkFunction, checkLimit } from '../checks.js';
import { HermesError } from '../errors.js';
import { hideFields, INSPECT, type Inspect, inspected } from '../hidden-fields.js';
import { ReadAhead } from '../os/prefault.js';
import type { MessageHandler } from '../ring/message.js';
import { nestedPoll } from '../ring/misuse.js';
import { type Damage, DamageLog } from './corrupt-journal.js';
import { HeldJournal } from './held-journal.js';
import { entryAt, existingEntries, type JournalEntry } from './journal-directory.js';
import { type FollowOptions, JournalIteration, type RecordedMessage } from './journal-iteration.js';
import { checkReaderOptions, type JournalReaderJson, type JournalReaderOptions } from './journal-reader-options.js';
import { checkPlace, type JournalPlace, walkToPlace } from './journal-seek.js';
import { type Found, HandOver, JournalWalker, LANE_TABLE, MESSAGE, NOTHING, SEALED } from './journal-walker.js';
import type { Gap } from './known-segments.js';
import { cutDamage, missingFrom } from './lost-files.js';
import { surveyBrokenWalk } from './tail-survey.js';

const DEFAULT_READ_LIMIT = 256;

/**
 * Reads a journal, even while it is being written. One file is mapped at a time, and is not pruned meanwhile. `read`
 * allocates nothing for a message once optimized, below 1,536 bytes of payload.
 */
export class JournalReader {
  /** Absolute. */
  readonly directory: string;
  /** What was skipped. */
  readonly damages: readonly Damage[];
  private readonly held: HeldJournal;
  private readonly gapsBefore: Gap[] = [];
  private readonly damageLog: DamageLog;
  private walker: JournalWalker;
  /** Byte offset in the file behind which nothing was found when no writer was alive. */
  private surveyedOffset = -1;
  /** The later files, after they were searched and none of them could be read on in. */
  private searched: readonly JournalEntry[] | undefined;
  private readonly readAhead: ReadAhead = new ReadAhead();
  /** @internal */
  isClosed = false;
  private readonly handOver: HandOver = new HandOver();

  /** @internal use openJournal */
  constructor(directory: string, options: JournalReaderOptions) {
    checkReaderOptions(options);
    this.held = new HeldJournal(directory);
    this.directory = this.held.directory;
    this.damageLog = new DamageLog(options.skipDamage ?? false, options.onDamage);
    this.damages = this.damageLog.damages;
    const entries = existingEntries(this.directory);
    this.walker = new JournalWalker(this.held.openFirst(entries));
    hideFields(this, 'directory', 'damages');
    try {
      if (options.from !== undefined) this.seek(options.from);
      else if (fs.existsSync(entries[0].path) && this.walker.file.path !== entries[0].path) {
        this.passMissing(entries, entries[0].firstPosition);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The journal that is read. If a new one is begun in its directory, that has another id. Hexadecimal digits. */
  get journalId(): string {
    return this.walker.file.header.journalId.toString('hex');
  }

  /** The position of the message that is being handled, or else of the next one: bytes. */
  get position(): number {
    return this.walker.file.positionAt(this.walker.offset);
  }

  /** The segment whose messages are read at present: hexadecimal. */
  get segmentId(): string {
    return this.walker.segmentId;
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
   * handler returns. @returns how many, at most `limit`; 0 at the end, where a writer may go on (six system calls)
   * @throws what the handler throws: that message comes again; HermesError, only when nothing was handed out:
   *   ERR_HERMES_CORRUPT_JOURNAL with the place of the damage, _REMOVED when the journal is no longer there, _DETACHED, _INVALID_STATE in a handler
   */
  read(handler: MessageHandler, limit: number = DEFAULT_READ_LIMIT): number {
    this.checkFree();
    checkFunction('handler', handler);
    checkLimit('limit', limit, 0);
    let count = 0;
    while (count < limit && !this.isClosed) {
      const { walker } = this;
      if (walker.offset >= this.readAhead.end)
        this.readAhead.goOn(walker.file.memory.buffer, walker.offset, walker.file.mappedEnd);
      const found = walker.next();
      if (found === MESSAGE) {
        if (!this.handOver.run(walker, handler)) break;
        count++;
      } else if (found !== LANE_TABLE) {
        if (count > 0 && found === NOTHING) break; // the next call finds out whether this is the end
        try {
          if (!(found === SEALED ? this.enterNext() : this.passFault(found))) break;
        } catch (error) {
          if (count > 0 && error instanceof HermesError) break; // the next call meets it again
          throw error;
        }
      }
    }
    return count;
  }

  /** In a handler: ends the running read. The message at hand comes again. */
  refuse(): void {
    this.handOver.refuse();
  }

  /** Goes to the first message that is not before a place. Reads the index, and at most some MiB of records. */
  seek(place: JournalPlace): void {
    this.checkFree();
    checkPlace(place);
    this.enter(walkToPlace(this.held.openAt(place, this.walker.file), place));
  }

  /**
   * Copies of the messages from here on: to the end, or for ever with `follow`. After a loop was left, the next one goes on
   * behind the last message that it got. Closing the reader ends a loop, `seek` moves it, and several loops share the messages.
   */
  messages(options: FollowOptions = {}): AsyncGenerator<RecordedMessage, void, undefined> {
    return new JournalIteration(this, options);
  }

  [Symbol.asyncIterator](): AsyncGenerator<RecordedMessage, void, undefined> {
    return this.messages();
  }

  /** Closes the file. Idempotent. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.walker.file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** What `JSON.stringify` writes, and `console.log` prints. */
  toJSON(): JournalReaderJson {
    const { directory, journalId, segmentId, position, damages, gaps, isClosed } = this;
    return { directory, journalId, segmentId, position, damages, gaps, isClosed };
  }

  /** @internal what `console.log` prints */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    return inspected('JournalReader', this.toJSON(), depth, options, inspect);
  }

  private checkFree(): void {
    if (this.isClosed) throw closed(this.directory);
    if (this.handOver.isRunning) throw nestedPoll();
  }

  /** The file was read to its end: goes on in the next one. False if there is none yet. */
  private enterNext(): boolean {
    const { file } = this.walker;
    this.damageLog.report(cutDamage(file));
    if (this.goOnIn(entryAt(this.directory, file.endPosition))) return true;
    if (!this.held.isInPlace(this.walker)) return this.reopen();
    const later = this.held.filesBehind(file);
    if (later === this.searched) return false;
    const goesOn = this.passMissing(later, file.endPosition);
    if (!goesOn) this.searched = later;
    return goesOn;
  }

  /** False if the file is not there, or has no header. */
  private goOnIn(entry: JournalEntry): boolean {
    const opened = this.held.open(entry, this.walker.file);
    if (opened === undefined) return false;
    this.enter(new JournalWalker(opened, this.walker.segments));
    return true;
  }

  /** There is no next file: this is the end, or a file or its header is missing. */
  private passMissing(entries: readonly JournalEntry[], fromPosition: number): boolean {
    const missing = missingFrom(this.directory, entries, fromPosition, this.walker.file.header);
    if (missing === undefined || this.damageLog.isKnown(fromPosition)) return false;
    if (missing.damage.toPosition === fromPosition) return true; // it came just now
    this.damageLog.report(missing.damage);
    return missing.goesOnIn !== undefined && this.goOnIn(missing.goesOnIn);
  }

  /** No whole record is at the offset. True when the walk goes on, false at the end of what has been written. */
  private passFault(found: Found): boolean {
    const { walker } = this;
    if (!this.held.isInPlace(walker)) return this.reopen();
    const isLast = this.held.filesBehind(walker.file).length === 0;
    if (isLast && walker.offset === this.surveyedOffset) return false;
    if (isLast && found === NOTHING && !walker.file.isCut && walker.file.isWritten) return false;
    const broken = surveyBrokenWalk(walker, found, isLast);
    if (broken === undefined) return true;
    this.damageLog.report(broken.damage);
    if (broken.nextOffset === undefined) this.surveyedOffset = walker.offset;
    else walker.skipTo(broken.nextOffset);
    return broken.nextOffset !== undefined;
  }

  /** Goes on in the file that the name leads to now. False while there is none. */
  private reopen(): boolean {
    const walker = this.held.openAgain(this.walker);
    if (walker !== undefined) this.enter(walker);
    return walker !== undefined;
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
