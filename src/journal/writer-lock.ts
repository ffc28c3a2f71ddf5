import fs from 'node:fs';
import path from 'node:path';
import { HermesError } from '../errors.js';
import { JOURNAL_LOCK_FILE, JOURNAL_WRITER_LOCK_OFFSET } from '../layout/journal-locks.js';
import { ByteLocks } from '../os/byte-locks.js';
import { withSystemErrors } from '../os/system-error.js';

/** The place of the one writer of a journal. The kernel drops it at death. */
export class WriterLock {
  private constructor(private readonly locks: ByteLocks) {}

  /** @throws HermesError ERR_HERMES_BUSY, naming the writer that there is; ERR_HERMES_PERMISSION */
  static take(directory: string): WriterLock {
    const file = path.join(directory, JOURNAL_LOCK_FILE);
    const { O_CREAT, O_RDWR, O_NOFOLLOW } = fs.constants;
    withSystemErrors('create', file, () => fs.closeSync(fs.openSync(file, O_CREAT | O_RDWR | O_NOFOLLOW, 0o644)));
    const locks = ByteLocks.open(file);
    if (!locks.tryLock(JOURNAL_WRITER_LOCK_OFFSET)) {
      locks.close();
      throw new HermesError(
        'ERR_HERMES_BUSY',
        `Process ${readPid(file) ?? '?'} writes to the journal ${directory} already: end that one, or use another directory`,
      );
    }
    try {
      fs.writeFileSync(file, `${process.pid}\n`);
    } catch {
      // On a full file system nobody is told.
    }
    return new WriterLock(locks);
  }

  /** The file stays: whoever removed it could remove the next writer's. Idempotent. */
  release(): void {
    this.locks.close();
  }
}

/** The writer of a journal, or null when none is alive. */
export interface JournalWriterStatus {
  /** Null when it could not say so. */
  readonly pid: number | null;
}

/** Asks again and again whether a journal has a writer, at the price of one system call each. */
export class WriterProbe {
  private locks: ByteLocks | undefined;

  constructor(private readonly directory: string) {}

  /** False also where nothing was ever written, or where this user may not look. */
  get isAlive(): boolean {
    try {
      this.locks ??= ByteLocks.openReadOnly(path.join(this.directory, JOURNAL_LOCK_FILE));
    } catch {
      return false;
    }
    return this.locks.isLockedByOther(JOURNAL_WRITER_LOCK_OFFSET);
  }

  get status(): JournalWriterStatus | null {
    return this.isAlive ? { pid: readPid(path.join(this.directory, JOURNAL_LOCK_FILE)) } : null;
  }

  close(): void {
    this.locks?.close();
    this.locks = undefined;
  }
}

function readPid(file: string): number | null {
  try {
    return Number.parseInt(fs.readFileSync(file, 'ascii'), 10) || null;
  } catch {
    return null;
  }
}
