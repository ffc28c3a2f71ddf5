import { randomBytes } from 'node:crypto';
import { HermesError } from '../errors.js';
import { JOURNAL_DATA_OFFSET, JOURNAL_ID_LENGTH } from '../layout/journal-file.js';
import { INDEX_INTERVAL } from '../layout/journal-index.js';
import { prefault } from '../os/prefault.js';
import { damagedJournal } from './corrupt-journal.js';
import { ensureJournalDirectory } from './journal-directory.js';
import { JournalFile } from './journal-file.js';
import type { JournalHeader } from './journal-header.js';
import { countEntriesBefore, firstMessageOffset, IndexWriter } from './journal-index.js';
import { checkFileLength, type JournalSettings } from './journal-options.js';
import { type JournalRepair, type Recovery, recoverJournal } from './journal-recovery.js';
import { walkToPlace } from './journal-seek.js';
import { JournalSync } from './journal-sync.js';
import { type JournalWalker, MESSAGE } from './journal-walker.js';
import type { LaneSequences } from './lane-sequences.js';
import { createJournalFile } from './new-journal-file.js';
import { RecordAppender } from './record-appender.js';
import { wipeRecord } from './wipe-record.js';
import { WriterLock } from './writer-lock.js';

/** Bytes that are made ready to be written, ahead of the records. */
const PREFAULT_LENGTH: number = 2 * 1024 * 1024;

/** The segment whose messages go into a journal. */
export interface JournalSource {
  readonly segmentId: Buffer;
  readonly laneCount: number;
  readonly maxPayloadLength: number;
  /** Its records carry a CRC. */
  readonly checksum: boolean;
}

/** The one writer of a journal: appends records, begins a new file when one is full, and keeps the index. */
export class JournalWriter extends RecordAppender {
  /** What opening has mended. */
  readonly repair: JournalRepair | null;
  /** Messages that never came to the journal, though later ones of their lane did. */
  missedCount = 0;
  private readonly syncing: JournalSync;
  private file: JournalFile;
  private index: IndexWriter;
  private nextIndexOffset = 0;
  private prefaultedEnd = 0;

  private constructor(
    readonly directory: string,
    private readonly lock: WriterLock,
    private readonly source: JournalSource,
    private readonly settings: JournalSettings,
    { tail, nextPosition, repair }: Recovery,
  ) {
    super(source.laneCount, source.checksum);
    this.repair = repair;
    this.syncing = new JournalSync(directory);
    if (tail === undefined) {
      this.file = this.create(nextPosition, randomBytes(JOURNAL_ID_LENGTH), this.sequences, () => {});
      this.index = this.enter(firstMessageOffset(source.laneCount), 0);
      return;
    }
    this.file = tail.file;
    this.index = this.enter(tail.offset, tail.indexCount);
    this.newestTimeNs = tail.newestTimeNs;
    const { segmentId, laneCount } = tail.file.header;
    if (segmentId.equals(source.segmentId) && laneCount === source.laneCount) {
      this.sequences.take(tail.sequences);
    } else {
      this.roll(this.sequences); // another segment begins a file of its own
    }
  }

  /**
   * Opens a journal to write to it, or begins one; mends its torn tail. Blocks for some milliseconds.
   * @throws HermesError ERR_HERMES_BUSY, _CORRUPT_JOURNAL, _INCOMPATIBLE_LAYOUT, _NO_SPACE, _PERMISSION, _INVALID_OPTION
   */
  static open(directory: string, source: JournalSource, settings: JournalSettings): JournalWriter {
    checkFileLength(settings.fileLength, source.laneCount, source.maxPayloadLength);
    ensureJournalDirectory(directory);
    const lock = WriterLock.take(directory);
    let recovery: Recovery | undefined;
    try {
      recovery = recoverJournal(directory, settings.skipDamage);
      return new JournalWriter(directory, lock, source, settings, recovery);
    } catch (error) {
      recovery?.tail?.file.close();
      lock.release();
      throw error;
    }
  }

  /** @throws HermesError ERR_HERMES_REMOVED when it is another segment */
  checkSegment(segmentId: Buffer): void {
    if (this.source.segmentId.equals(segmentId)) return;
    throw new HermesError('ERR_HERMES_REMOVED', 'The segment was replaced while it was attached to: try again');
  }

  /** The position behind the last record: bytes. */
  get position(): number {
    return this.file.positionAt(this.end);
  }

  /** The sequence of the next message of a lane, or undefined when none is known. */
  nextSequence(lane: number): number | undefined {
    return this.sequences.next(lane);
  }

  /** Makes sure that `length` bytes of records go into one file. @throws HermesError ERR_HERMES_NO_SPACE: nothing was changed */
  reserve(length: number): void {
    if (this.end + length > this.file.dataEnd) this.roll(this.sequences);
  }

  /**
   * Takes back the messages of a lane from a sequence on, which nobody has seen published, and what follows them: the last
   * record first, so that one that dies leaves no record behind the hole. They are in the last file, where `reserve` has put
   * them. The bytes that were taken back. @throws HermesError ERR_HERMES_CORRUPT_JOURNAL when there is damage before them
   */
  cutBack(lane: number, sequence: number): number {
    const due = this.sequences.next(lane);
    if (due === undefined || due <= sequence) return 0;
    const { end, file } = this;
    const walker = walkToPlace(file, { lane, sequence });
    const { offset } = walker;
    const sequences = walker.sequences.copy();
    const starts: number[] = [];
    while (walker.next() === MESSAGE) starts.push(walker.recordOffset);
    if (walker.offset !== end) throw this.damagedAt(walker); // what is to be taken back is behind it
    this.sequences.take(sequences);
    for (let i = starts.length - 1; i >= 0; i--) wipeRecord(file.memory, starts[i]!, starts[i + 1] ?? end);
    this.index.close();
    this.index = this.enter(offset, countEntriesBefore(file.path, file.header, file.positionAt(offset)));
    return end - offset;
  }

  /** The lanes of which messages are in the journal. */
  get lanes(): number[] {
    const all = Array.from({ length: this.source.laneCount }, (_, lane) => lane);
    return all.filter((lane) => this.sequences.next(lane) !== undefined);
  }

  /** Resolves when all that was appended so far is on the disk; another thread waits for the disk. */
  sync(): Promise<void> {
    return this.syncing.sync(this.file.path);
  }

  /** The same; this thread waits. */
  syncNow(): void {
    this.syncing.syncNow(this.file.path);
  }

  /** Lets go of everything, and leaves it to the kernel to write what is not synced. */
  close(): void {
    this.index.close();
    this.syncing.close();
    this.file.close();
    this.lock.release();
  }

  /** A gap begins a new file, whose lane table tells of it. */
  protected override admit(lane: number, sequence: number): boolean {
    const due = this.sequences.next(lane);
    if (due === undefined) return true;
    if (sequence < due) return false;
    const jumped = this.sequences.copy();
    jumped.set(lane, sequence);
    this.roll(jumped);
    this.missedCount += sequence - due;
    return true;
  }

  protected override makeRoom(length: number): void {
    this.reserve(length);
    const { end, file } = this;
    if (end >= this.nextIndexOffset) {
      this.index.add(file.positionAt(end), this.newestTimeNs, this.sequences);
      this.nextIndexOffset = end + INDEX_INTERVAL;
    }
    if (end + PREFAULT_LENGTH / 2 > this.prefaultedEnd) this.prefault();
    const nextPrefault = this.prefaultedEnd === file.dataEnd ? file.dataEnd : this.prefaultedEnd - PREFAULT_LENGTH / 2;
    this.limit = Math.max(end + length, Math.min(nextPrefault, this.nextIndexOffset));
  }

  private damagedAt(walker: JournalWalker): HermesError {
    const { file, offset } = walker;
    const [fromPosition, toPosition] = [file.positionAt(offset), this.position];
    return damagedJournal({ file: file.path, fromPosition, toPosition, fault: walker.fault() });
  }

  private prefault(): void {
    const { end, file } = this;
    const start = Math.max(this.prefaultedEnd, end);
    this.prefaultedEnd = Math.min(end + PREFAULT_LENGTH, file.dataEnd);
    if (this.prefaultedEnd > start) prefault(file.memory.buffer, start, this.prefaultedEnd - start);
  }

  /** Ends the file, and goes on in a new one whose lane table is `sequences`. @throws HermesError ERR_HERMES_NO_SPACE: nothing was changed */
  private roll(sequences: LaneSequences): void {
    const { header, endPosition, path } = this.file;
    this.file = this.create(endPosition, header.journalId, sequences, () => {
      this.pad(this.file.dataEnd);
      if (this.settings.sync !== 'os') this.syncing.addFull(path);
    });
    this.index.close();
    this.index = this.enter(firstMessageOffset(this.source.laneCount), 0);
    if (sequences !== this.sequences) this.sequences.take(sequences);
  }

  /** Makes the file that begins at a position, and opens it in the place of the present one. */
  private create(firstPosition: number, journalId: Buffer, sequences: LaneSequences, seal: () => void): JournalFile {
    const { segmentId, laneCount } = this.source;
    const capacity = this.settings.fileLength - JOURNAL_DATA_OFFSET;
    const createdAtNs = BigInt(Date.now()) * 1_000_000n;
    const header: JournalHeader = { capacity, firstPosition, createdAtNs, segmentId, journalId, laneCount };
    const entry = createJournalFile(this.directory, header, sequences, this.newestTimeNs, this.settings.mode, seal);
    this.syncing.addName();
    return JournalFile.open(entry, 'read-write', this.file)!;
  }

  private enter(offset: number, indexCount: number): IndexWriter {
    this.writeTo(this.file.memory, offset);
    this.nextIndexOffset = offset + INDEX_INTERVAL;
    this.prefaultedEnd = offset;
    return new IndexWriter(this.file.path, this.file.header, indexCount);
  }
}
