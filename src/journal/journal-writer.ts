import { randomBytes } from '../built-ins.js';
import { wallMs } from '../clock.js';
import { HermesError } from '../errors.js';
import { JOURNAL_DATA_OFFSET, JOURNAL_ID_LENGTH } from '../layout/journal-file.js';
import { INDEX_INTERVAL } from '../layout/journal-index.js';
import { WriteAhead } from '../os/prefault.js';
import { messagesFrom, sealFile, takeBackBefore, wipeRecords } from './file-end.js';
import { countEntriesBefore, IndexWriter } from './file-index.js';
import { journalEntries } from './journal-directory.js';
import { checkFileLength, type JournalSettings, roomForSegmentTables } from './journal-options.js';
import type { JournalRepair, Recovery } from './journal-recovery.js';
import { JournalSync } from './journal-sync.js';
import { encodeSegmentTables } from './known-segments.js';
import type { LaneSequences } from './lane-sequences.js';
import type { MappedFile } from './mapped-file.js';
import { RecordAppender } from './record-appender.js';
import { WriterPlace } from './writer-place.js';

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
  /** What was repaired when the journal was opened. */
  readonly repair: JournalRepair | null;
  /** Messages that never came to the journal, though later ones of their lane did. */
  missedCount = 0;
  private readonly syncing: JournalSync;
  private file: MappedFile;
  private index: IndexWriter;
  private nextIndexOffset = 0;
  private readonly writeAhead: WriteAhead = new WriteAhead();
  /** The next message needs a new file: the present one belongs to another segment, or has other sequences. */
  private needsFile = false;
  /** Tables of other segments that are known: whole records for the start of a file. */
  private readonly segmentTables: Buffer;

  private constructor(
    readonly place: WriterPlace,
    private readonly source: JournalSource,
    private readonly settings: JournalSettings,
    { tail, nextPosition, repair }: Recovery,
  ) {
    super(source.laneCount, source.checksum);
    const { segmentId, laneCount, maxPayloadLength } = source;
    this.repair = repair;
    this.syncing = new JournalSync(place.home);
    if (tail === undefined) {
      this.segmentTables = Buffer.alloc(0);
      const offset = this.create(nextPosition, randomBytes(JOURNAL_ID_LENGTH), this.sequences, () => {});
      this.file = place.file;
      this.index = this.enter(offset, 0);
      return;
    }
    this.file = place.file;
    this.index = this.enter(tail.offset, tail.indexCount);
    this.newestTimeNs = tail.newestTimeNs;
    const { header } = tail.file;
    this.needsFile = !header.segmentId.equals(segmentId) || header.laneCount !== laneCount;
    this.sequences.take(tail.segments.enter(segmentId, laneCount).table.sequences);
    const room = roomForSegmentTables(settings.fileLength, laneCount, maxPayloadLength);
    this.segmentTables = encodeSegmentTables(tail.segments.tablesWithout(segmentId), room);
  }

  /**
   * Opens a journal to write to it, or begins one; repairs its torn tail. A new segment gets a new file with its first message. Blocks for
   * some milliseconds. @throws HermesError ERR_HERMES_BUSY, _CORRUPT_JOURNAL, _INCOMPATIBLE_LAYOUT, _NO_SPACE, _PERMISSION, _INVALID_OPTION, _JOURNAL_NOT_FOUND
   */
  static open(directory: string, source: JournalSource, settings: JournalSettings): JournalWriter {
    checkFileLength(settings.fileLength, source.laneCount, source.maxPayloadLength);
    const { place, recovery } = WriterPlace.take(directory, settings.skipDamage);
    try {
      return new JournalWriter(place, source, settings, recovery);
    } catch (error) {
      place.close();
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

  /**
   * Makes sure that all that was appended is in the file, before it is acknowledged or published: on most file systems it is there at
   * once. If this fails, it may be tried again, or the messages taken back. @throws HermesError ERR_HERMES_NO_SPACE: not all of it is in the file
   */
  store(): void {
    this.file.stage?.store(this.end);
  }

  /** Checks that the file's name leads to it, and that it is whole. One system call. @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL */
  checkFile(): void {
    this.place.checkFile();
  }

  /** The same, and the directory: to be called now and then. Three system calls. */
  checkPlace(): void {
    this.place.check();
  }

  /**
   * Makes sure that `length` bytes of records go into one file; checks the place once for each MiB.
   * @throws HermesError ERR_HERMES_NO_SPACE, _JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL: nothing was changed
   */
  reserve(length: number): void {
    if (this.end + length <= this.limit) return;
    this.checkPlace();
    this.beginFileIfNeeded(length);
  }

  /**
   * Takes back the messages of a lane from a sequence on, which nobody has seen published: the last record first, so that a
   * process that dies leaves no record behind a hole. They are at the end of the segment's last file, where `reserve` has put them.
   * @throws HermesError ERR_HERMES_CORRUPT_JOURNAL when there is damage before them
   */
  cutBack(lane: number, sequence: number): void {
    const isBehind = (next: number | undefined) => next !== undefined && next > sequence;
    if (!isBehind(this.sequences.next(lane))) return;
    const origin = { ...this.source, journalId: this.file.header.journalId };
    if (this.needsFile) takeBackBefore(journalEntries(this.place.home.path), origin, lane, sequence);
    else this.cutBackHere(lane, sequence);
    if (!isBehind(this.sequences.next(lane))) return;
    this.sequences.set(lane, sequence);
    this.needsFile = true; // whose lane table has the new sequences
  }

  /** The lanes that have messages in the journal. */
  get lanes(): number[] {
    const all = Array.from({ length: this.source.laneCount }, (_, lane) => lane);
    return all.filter((lane) => this.sequences.next(lane) !== undefined);
  }

  /** Resolves when all that was stored so far is on the disk; another thread waits for the disk. */
  sync(): Promise<void> {
    return this.syncing.sync();
  }

  /** The same; this thread waits. */
  syncNow(): void {
    this.syncing.syncNow();
  }

  /** Closes everything. The kernel writes what is not synced yet. */
  close(): void {
    this.index.close();
    this.syncing.close();
    this.place.close();
  }

  /** Before a gap a new file begins, whose lane table shows the gap. */
  protected override admit(lane: number, sequence: number): boolean {
    const due = this.sequences.next(lane);
    if (due === undefined) return true;
    if (sequence < due) return false;
    const jumped = this.sequences.copy();
    jumped.set(lane, sequence);
    this.beginFile(jumped);
    this.missedCount += sequence - due;
    return true;
  }

  protected override makeRoom(length: number): void {
    this.beginFileIfNeeded(length);
    const { end, file } = this;
    if (end >= this.nextIndexOffset) {
      this.index.add(file.positionAt(end), this.newestTimeNs, this.sequences);
      this.nextIndexOffset = end + INDEX_INTERVAL;
    }
    const nextAhead = this.writeAhead.goOn(file.memory.buffer, end, file.dataEnd);
    this.limit = Math.max(end + length, Math.min(nextAhead, this.nextIndexOffset));
  }

  /** The same in the present file, with all that follows them. */
  private cutBackHere(lane: number, sequence: number): void {
    const { end, file } = this;
    const { offset, sequences, starts } = messagesFrom(file, lane, sequence, end);
    this.sequences.take(sequences);
    this.index.close();
    this.index = this.enter(offset, countEntriesBefore(file.path, file.header, file.positionAt(offset))); // the index must not name what is wiped
    wipeRecords(file, starts, end);
  }

  private beginFileIfNeeded(length: number): void {
    if (this.needsFile || this.end + length > this.file.dataEnd) this.beginFile(this.sequences);
  }

  /**
   * Ends the file, and goes on in a new one whose lane table is `sequences`.
   * @throws HermesError ERR_HERMES_NO_SPACE, _JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL: nothing was changed
   */
  private beginFile(sequences: LaneSequences): void {
    const { file } = this;
    this.store();
    const offset = this.create(file.endPosition, file.header.journalId, sequences, () => {
      sealFile(file, this.end);
      this.end = file.dataEnd;
      if (this.settings.sync !== 'os') this.syncing.addFull(file);
    });
    this.index.close();
    this.file = this.place.file;
    this.index = this.enter(offset, 0);
    this.needsFile = false;
    if (sequences !== this.sequences) this.sequences.take(sequences);
  }

  /** Makes the file that begins at a position: the place's from then on. The byte offset of its first message. */
  private create(firstPosition: number, journalId: Buffer, sequences: LaneSequences, end: () => void): number {
    const { segmentId, laneCount } = this.source;
    const { fileLength, mode } = this.settings;
    const capacity = fileLength - JOURNAL_DATA_OFFSET;
    const createdAtNs = BigInt(wallMs()) * 1_000_000n;
    const header = { capacity, firstPosition, createdAtNs, segmentId, journalId, laneCount };
    const tables = { sequences, newestTimeNs: this.newestTimeNs, segmentTables: this.segmentTables };
    const offset = this.place.begin(header, tables, mode, end);
    this.syncing.addName();
    return offset;
  }

  private enter(offset: number, indexCount: number): IndexWriter {
    this.syncing.goOnIn(this.file);
    this.writeTo(this.file.memory, offset);
    this.file.stage?.begin(offset);
    this.nextIndexOffset = indexCount === 0 ? offset : offset + INDEX_INTERVAL; // the first one tells of the boot
    this.writeAhead.begin(offset);
    return new IndexWriter(this.file.path, this.file.header, indexCount);
  }
}
