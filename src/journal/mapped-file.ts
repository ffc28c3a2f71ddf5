import fs from 'node:fs';
import { JOURNAL_DATA_OFFSET, JOURNAL_HEADER_LENGTH } from '../layout/journal-file.js';
import { JOURNAL_PIN_LOCK_OFFSET, JOURNAL_TAIL_LOCK_OFFSET } from '../layout/journal-locks.js';
import { RECORD_ALIGNMENT } from '../layout/record.js';
import { ByteLocks } from '../os/byte-locks.js';
import { chosenMapper } from '../os/chosen-mapper.js';
import { Descriptor } from '../os/descriptor.js';
import { HeldName } from '../os/held-name.js';
import type { MapAccess, Mapping } from '../os/mapper.js';
import { checkReadable, storesInPlace } from '../os/stores-in-place.js';
import { unlessMissing, withSystemErrors } from '../os/system-error.js';
import { asBytes, Message } from '../ring/message.js';
import { checkJournalId, checkRegular, cutFile, type Damage, lostPlace } from './corrupt-journal.js';
import { decodeJournalHeader, isBlankHeader, type JournalHeader } from './file-start.js';
import type { JournalEntry } from './journal-directory.js';
import { JournalStage } from './journal-stage.js';

const word: Buffer = Buffer.alloc(4);

/**
 * A file of a journal, open and mapped whole. As long as it is open, it is pinned: nobody prunes it. If the mapper can
 * do that, the views of the memory are the same objects as those of the file that was mapped before.
 */
export class MappedFile {
  private readonly name: HeldName;

  private constructor(
    readonly path: string,
    readonly header: JournalHeader,
    /** For mapping, for syncing, and to look at the file; never for locks. */
    readonly descriptor: Descriptor,
    /** Its state when it was opened. */
    private readonly stat: fs.BigIntStats,
    private readonly pin: ByteLocks,
    private readonly mapping: Mapping,
    readonly memory: JournalMemory,
    /** Writes stores to the file; undefined if the file itself is mapped to be written. */
    readonly stage: JournalStage | undefined,
  ) {
    this.name = new HeldName(path, descriptor.number);
  }

  /**
   * Opens a file, maps it over that of `former`, which is closed then, and pins it. Undefined when it has
   * been removed, or its header is blank. `journalId`: the journal that the file must belong to.
   * @throws HermesError ERR_HERMES_CORRUPT_JOURNAL, _INCOMPATIBLE_LAYOUT, _PERMISSION; `former` stays open
   */
  static open(
    { path, firstPosition }: JournalEntry,
    access: MapAccess,
    former?: MappedFile,
    journalId?: Buffer,
  ): MappedFile | undefined {
    const pin = pinFile(path);
    if (pin === undefined) return undefined;
    let descriptor: Descriptor | undefined;
    try {
      const first = pin.read(0, JOURNAL_HEADER_LENGTH);
      if (isBlankHeader(first)) {
        pin.close();
        return undefined;
      }
      const header = decodeJournalHeader(first, path, firstPosition);
      if (journalId !== undefined) checkJournalId(path, header, journalId);
      descriptor = Descriptor.open(path, access === 'read-write' ? fs.constants.O_RDWR : fs.constants.O_RDONLY);
      const stat = fs.fstatSync(descriptor.number, { bigint: true });
      if (!pin.isOf(stat)) {
        pin.close();
        descriptor.close();
        return MappedFile.open({ path, firstPosition }, access, former, journalId); // the name led elsewhere meanwhile
      }
      const wholeLength = JOURNAL_DATA_OFFSET + header.capacity;
      // The last page reads as zeros behind the file's end, so rounding up adds zeros only.
      const length = Math.min(wholeLength, Math.ceil(Number(stat.size) / RECORD_ALIGNMENT) * RECORD_ALIGNMENT);
      const isStaged = access === 'read-write' && !storesInPlace(descriptor.number);
      if (access === 'read-only') checkReadable(descriptor.number, length, path);
      const mapping = chosenMapper().map(descriptor.number, length, isStaged ? 'private' : access, former?.mapping);
      const memory = former?.memory.buffer === mapping.buffer ? former.memory : new JournalMemory(mapping);
      const stage = isStaged ? JournalStage.of(path, descriptor.number, memory) : undefined;
      const file = new MappedFile(path, header, descriptor, stat, pin, mapping, memory, stage);
      former?.closeDescriptors();
      return file;
    } catch (error) {
      pin.close();
      descriptor?.close();
      throw error;
    }
  }

  get entry(): JournalEntry {
    return { path: this.path, firstPosition: this.header.firstPosition };
  }

  /** Byte offset behind the last byte that is there and can hold a record: less than `dataEnd` in a file that was cut. */
  get mappedEnd(): number {
    return this.mapping.length;
  }

  /** Byte offset where the data region ends. */
  get dataEnd(): number {
    return JOURNAL_DATA_OFFSET + this.header.capacity;
  }

  /** The position behind the file. */
  get endPosition(): number {
    return this.header.firstPosition + this.header.capacity;
  }

  positionAt(offset: number): number {
    return this.header.firstPosition + offset - JOURNAL_DATA_OFFSET;
  }

  offsetAt(position: number): number {
    return position - this.header.firstPosition + JOURNAL_DATA_OFFSET;
  }

  /** Damage from one byte offset to another. */
  damageBetween(from: number, to: number, fault: string): Damage {
    return { file: this.path, fromPosition: this.positionAt(from), toPosition: this.positionAt(to), fault };
  }

  /** Bytes, when it was opened. */
  get fileLength(): number {
    return Number(this.stat.size);
  }

  /** It was cut before it was opened: a file is allocated whole before it gets its name. */
  get isCut(): boolean {
    return this.fileLength < this.dataEnd;
  }

  /** True when a file that was cut has been mended since it was mapped. */
  get hasGrown(): boolean {
    return this.isCut && fs.fstatSync(this.descriptor.number).size > this.fileLength;
  }

  /** False when the name leads to another file, or nowhere. @throws HermesError ERR_HERMES_PERMISSION, _SYSTEM */
  get isInPlace(): boolean {
    const named = withSystemErrors('look at', this.path, () =>
      fs.statSync(this.path, { bigint: true, throwIfNoEntry: false }),
    );
    return named !== undefined && named.ino === this.stat.ino && named.dev === this.stat.dev;
  }

  /**
   * True when the file has something at a byte offset where its mapping has nothing. On an overlay, a file that was mapped before its
   * first write stays mapped to the lower file for ever. One system call.
   */
  isStaleAt(offset: number): boolean {
    if (offset + word.length > this.mappedEnd) return false;
    word.fill(0);
    withSystemErrors('read', this.path, () => fs.readSync(this.descriptor.number, word, 0, word.length, offset));
    // The mapping is looked at last: if it is not stale, it has what was written meanwhile.
    return word.readInt32LE() !== 0 && Atomics.load(this.memory.words, offset >>> 2) === 0; // SYNC: journaled
  }

  /** @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND when its name leads elsewhere, _CORRUPT_JOURNAL when somebody has cut it */
  checkInPlace(): void {
    const stat = this.name.stat();
    if (stat === undefined) throw lostPlace(this.path);
    if (stat.size < this.dataEnd) throw cutFile(this.path, Number(stat.size), this.dataEnd);
  }

  /** True while another writer has it as the journal's last file. One system call. */
  get isWritten(): boolean {
    return this.pin.isLockedByOther(JOURNAL_TAIL_LOCK_OFFSET);
  }

  /** Idempotent. */
  close(): void {
    this.mapping.unmap();
    this.closeDescriptors();
  }

  private closeDescriptors(): void {
    this.pin.close();
    this.descriptor.close();
  }
}

/** Views of a mapped file, from its first byte. */
export class JournalMemory {
  readonly buffer: ArrayBufferLike;
  readonly words: Int32Array;
  readonly bytes: Buffer;
  readonly times: BigInt64Array;
  /** The one message object of this memory, to be filled and handed out. */
  readonly message: Message;

  constructor({ buffer, length }: Mapping) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, length >>> 2);
    this.bytes = Buffer.from(buffer, 0, length);
    this.times = new BigInt64Array(buffer, 0, length >>> 3);
    this.message = new Message(this.bytes, this.words, this.times, asBytes);
  }
}

/** Holds a file against pruning; undefined when it is gone. The name must still lead to it once it is held. */
function pinFile(path: string): ByteLocks | undefined {
  for (;;) {
    const pin = unlessMissing(() => ByteLocks.openReadOnly(path));
    if (pin === undefined) return undefined;
    let isPinned = false;
    try {
      if (!pin.tryLockShared(JOURNAL_PIN_LOCK_OFFSET)) return undefined; // it is being removed
      checkRegular(path, pin.stat());
      isPinned = pin.isInPlace;
      if (isPinned) return pin;
    } finally {
      if (!isPinned) pin.close(); // it was removed or replaced meanwhile
    }
  }
}
