import fs from 'node:fs';
import { HermesError } from '../errors.js';
import { JOURNAL_DATA_OFFSET, JOURNAL_HEADER_LENGTH } from '../layout/journal-file.js';
import { JOURNAL_PIN_LOCK_OFFSET } from '../layout/journal-locks.js';
import { RECORD_ALIGNMENT } from '../layout/record.js';
import { ByteLocks } from '../os/byte-locks.js';
import { chosenMapper } from '../os/chosen-mapper.js';
import type { MapAccess, Mapping } from '../os/mapper.js';
import { openWithoutLinks } from '../os/open-file.js';
import { withSystemErrors } from '../os/system-error.js';
import { asBytes, Message } from '../ring/message.js';
import { foreignFile } from './corrupt-journal.js';
import type { JournalEntry } from './journal-directory.js';
import { decodeJournalHeader, isBlankHeader, type JournalHeader } from './journal-header.js';

/**
 * A file of a journal, open and mapped whole. As long as it is open it is pinned: nobody prunes it. Views of the memory
 * are the same objects as those of the file that was mapped before, where the mapper can do that.
 */
export class JournalFile {
  private constructor(
    readonly path: string,
    readonly header: JournalHeader,
    /** For syncing, and for the file's length; never for locks. */
    readonly fd: number,
    private readonly pin: ByteLocks,
    private readonly mapping: Mapping,
    readonly memory: JournalMemory,
  ) {}

  /**
   * Opens a file, maps it over that of `former`, which is closed then, and pins it. Undefined when it has
   * been removed, or its header is blank. `journalId`: what the file must be of.
   * @throws HermesError ERR_HERMES_CORRUPT_JOURNAL, _INCOMPATIBLE_LAYOUT, _PERMISSION; `former` stays open
   */
  static open(
    { path, firstPosition }: JournalEntry,
    access: MapAccess,
    former?: JournalFile,
    journalId?: Buffer,
  ): JournalFile | undefined {
    const pin = pinFile(path);
    if (pin === undefined) return undefined;
    let fd = -1;
    try {
      const first = pin.read(0, JOURNAL_HEADER_LENGTH);
      if (isBlankHeader(first)) {
        pin.close();
        return undefined;
      }
      const header = decodeJournalHeader(first, path, firstPosition);
      if (journalId?.equals(header.journalId) === false) throw foreignFile(path, 'it is of another journal');
      fd = openWithoutLinks(path, access === 'read-write' ? fs.constants.O_RDWR : fs.constants.O_RDONLY);
      const fileLength = fs.fstatSync(fd).size;
      const wholeLength = JOURNAL_DATA_OFFSET + header.capacity;
      // Behind its end, a page reads as zeros: what an alignment takes of that is no loss.
      const length = Math.min(wholeLength, Math.ceil(fileLength / RECORD_ALIGNMENT) * RECORD_ALIGNMENT);
      const mapping = chosenMapper().map(fd, length, access, former?.mapping);
      const memory = former?.memory.buffer === mapping.buffer ? former.memory : new JournalMemory(mapping);
      const file = new JournalFile(path, header, fd, pin, mapping, memory);
      former?.closeDescriptors();
      return file;
    } catch (error) {
      pin.close();
      if (fd !== -1) fs.closeSync(fd);
      throw error;
    }
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

  /** True when a file that was cut has been mended since it was mapped. */
  get hasGrown(): boolean {
    return this.mappedEnd < this.dataEnd && fs.fstatSync(this.fd).size > this.mappedEnd;
  }

  /** False once the name leads to another file, or nowhere. */
  get isInPlace(): boolean {
    const [named, own] = [fs.statSync(this.path, { throwIfNoEntry: false }), fs.fstatSync(this.fd)];
    return named !== undefined && named.ino === own.ino && named.dev === own.dev;
  }

  close(): void {
    this.mapping.unmap();
    this.closeDescriptors();
  }

  private closeDescriptors(): void {
    this.pin.close();
    fs.closeSync(this.fd);
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
    let pin: ByteLocks;
    try {
      pin = ByteLocks.openReadOnly(path);
    } catch (error) {
      if ((error as HermesError).code === 'ERR_HERMES_SEGMENT_NOT_FOUND') return undefined;
      throw error;
    }
    if (!pin.tryLockShared(JOURNAL_PIN_LOCK_OFFSET)) {
      pin.close(); // it is being removed
      return undefined;
    }
    const named = withSystemErrors('look at', path, () => fs.statSync(path, { throwIfNoEntry: false }));
    const own = pin.stat();
    if (!own.isFile()) {
      pin.close();
      throw new HermesError(
        'ERR_HERMES_CORRUPT_JOURNAL',
        `${path} is not a regular file: move it out of the directory`,
      );
    }
    if (named?.ino === own.ino && named.dev === own.dev) return pin;
    pin.close();
    if (named === undefined) return undefined;
  }
}
