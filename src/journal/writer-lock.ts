import path from 'node:path';
import { HermesError } from '../errors.js';
import { JOURNAL_LOCK_FILE, JOURNAL_TAIL_LOCK_OFFSET, JOURNAL_WRITER_LOCK_OFFSET } from '../layout/journal-locks.js';
import { ByteLocks } from '../os/byte-locks.js';
import { unlessMissing } from '../os/system-error.js';

/**
 * The locks of the one writer of a journal. Anyone may remove the name of `.journal`, so only the tail byte of the last file decides.
 * It is locked before a file gets its name, and that of the file before until then. The kernel drops both at death.
 */
export class WriterLock {
  /** The locks of the last file, and of the file that is about to follow. */
  private tail: ByteLocks | undefined;
  private next: ByteLocks | undefined;

  private constructor(
    private readonly directory: string,
    private readonly locks: ByteLocks,
  ) {}

  /** @throws HermesError ERR_HERMES_BUSY, naming the writer that there is; ERR_HERMES_PERMISSION */
  static take(directory: string): WriterLock {
    const file = path.join(directory, JOURNAL_LOCK_FILE);
    for (;;) {
      const locks = ByteLocks.openOrCreate(file, 0o644);
      if (!locks.tryLock(JOURNAL_WRITER_LOCK_OFFSET)) {
        const pid = readPid(locks);
        locks.close();
        throw busy(directory, pid);
      }
      if (locks.isInPlace) return new WriterLock(directory, locks);
      locks.close(); // it was removed meanwhile, and somebody may hold the next one
    }
  }

  /**
   * Takes a file that exists, and releases the one before. False if it was removed meanwhile. After this the caller checks that it
   * is the last one: then it stays the last one. @throws HermesError ERR_HERMES_BUSY
   */
  takeFile(file: string): boolean {
    this.tail?.close();
    this.tail = undefined;
    const tail = unlessMissing(() => ByteLocks.open(file));
    if (tail === undefined) return false;
    if (!tail.tryLock(JOURNAL_TAIL_LOCK_OFFSET)) {
      tail.close();
      throw busy(this.directory, null);
    }
    this.tail = tail;
    return tail.isInPlace;
  }

  /** Takes the next file, which is open as `fd` and has no name yet. */
  takeNext(fd: number, file: string): void {
    this.next = ByteLocks.ofSame(fd, file);
    this.next.tryLock(JOURNAL_TAIL_LOCK_OFFSET); // nobody else can have it yet
  }

  /** The next file has got its name: it is the last one now, and the one before is released. */
  goOn(): void {
    this.tail?.close();
    this.tail = this.next;
    this.next = undefined;
  }

  giveUpNext(): void {
    this.next?.close();
    this.next = undefined;
  }

  /** True as long as the name of the last file leads to what is held. */
  get isInPlace(): boolean {
    return this.tail?.isInPlace === true;
  }

  /** The same for the next file. */
  get isNextInPlace(): boolean {
    return this.next?.isInPlace === true;
  }

  /** Writes the PID for those who ask who the writer is. */
  sign(): void {
    try {
      this.locks.write(`${process.pid}\n`);
    } catch {
      // On a full file system the PID is not known.
    }
  }

  /** The file `.journal` stays: removing it could remove the next writer's. Idempotent. */
  release(): void {
    this.tail?.close();
    this.giveUpNext();
    this.locks.close();
  }
}

/** The writer of a journal. */
export interface JournalWriterStatus {
  /** Null when it is not known. */
  readonly pid: number | null;
}

/** Who writes to a journal whose last file is `lastFile`: null if nobody does, or if this user may not look. */
export function writerOf(directory: string, lastFile: string): JournalWriterStatus | null {
  const signed = lookAt(path.join(directory, JOURNAL_LOCK_FILE), (locks) =>
    locks.isLockedByOther(JOURNAL_WRITER_LOCK_OFFSET) ? { pid: readPid(locks) } : null,
  );
  return signed ?? (isWritten(lastFile) ? { pid: null } : null);
}

/** @throws HermesError ERR_HERMES_BUSY when another one writes to a file, which is not ours */
export function checkNotWritten(file: string): void {
  if (isWritten(file)) throw busy(path.dirname(file), null);
}

function isWritten(file: string): boolean {
  return lookAt(file, (locks) => locks.isLockedByOther(JOURNAL_TAIL_LOCK_OFFSET)) === true;
}

function lookAt<T>(file: string, look: (locks: ByteLocks) => T | null): T | null {
  let locks: ByteLocks | undefined;
  try {
    locks = ByteLocks.openReadOnly(file);
    return look(locks);
  } catch {
    return null;
  } finally {
    locks?.close();
  }
}

function readPid(locks: ByteLocks): number | null {
  try {
    return Number.parseInt(locks.read(0, 16).toString('ascii'), 10) || null;
  } catch {
    return null;
  }
}

function busy(directory: string, pid: number | null): HermesError {
  return new HermesError(
    'ERR_HERMES_BUSY',
    `${pid === null ? 'Somebody else' : `Process ${pid}`} writes to the journal ${directory} already: end that one, or use another directory`,
  );
}
