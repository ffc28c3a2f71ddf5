import path from 'node:path';
import { HermesError } from '../errors.js';
import { JOURNAL_LOCK_FILE, JOURNAL_TAIL_LOCK_OFFSET, JOURNAL_WRITER_LOCK_OFFSET } from '../layout/journal-locks.js';
import { ByteLocks } from '../os/byte-locks.js';
import { isMissing } from '../os/system-error.js';

/**
 * The place of the one writer of a journal. Anybody may remove the name of `.journal`: so the tail byte of the last file alone decides.
 * It is held before a file has its name, and that of the file before until then. The kernel drops both at death.
 */
export class WriterLock {
  /** Of the last file, and of the one that is about to be. */
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
   * Takes a file that is there, and lets go of the one before. False when it was removed meanwhile. The caller looks whether it
   * is the last one, after this: then it stays so. @throws HermesError ERR_HERMES_BUSY
   */
  takeFile(file: string): boolean {
    this.tail?.close();
    this.tail = undefined;
    const tail = openIfThere(file);
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

  /** The next file has got its name: it is the last one, and the one before is let go of. */
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

  /** The same of the next one. */
  get isNextInPlace(): boolean {
    return this.next?.isInPlace === true;
  }

  /** Whoever looks who writes is told. */
  sign(): void {
    try {
      this.locks.write(`${process.pid}\n`);
    } catch {
      // On a full file system nobody is told.
    }
  }

  /** The file stays: whoever removed it could remove the next writer's. Idempotent. */
  release(): void {
    this.tail?.close();
    this.giveUpNext();
    this.locks.close();
  }
}

/** The writer of a journal. */
export interface JournalWriterStatus {
  /** Null when it could not say so. */
  readonly pid: number | null;
}

/** Who writes to a journal whose last file is `lastFile`: null when nobody does, or when this user may not look. */
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

function openIfThere(file: string): ByteLocks | undefined {
  try {
    return ByteLocks.open(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
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
