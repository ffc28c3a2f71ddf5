import fs from 'node:fs';
import { promisify } from 'node:util';
import { withSystemErrors } from '../os/system-error.js';

const fdatasync = promisify(fs.fdatasync);
const fsync = promisify(fs.fsync);

/**
 * What has to be synced so that all that was written is on the disk: the files written to since the last sync, and the
 * directory when it has new names. `fdatasync` of a file also writes the pages that a mapping of it has made dirty. Every
 * sync has descriptors of its own, which nobody closes meanwhile.
 */
export class JournalSync {
  private hasNewNames = false;
  /** Descriptors of files that are full, and not synced yet. */
  private full: number[] = [];
  private running: Promise<void> | undefined;

  constructor(private readonly directory: string) {}

  /** A file has got its name. */
  addName(): void {
    this.hasNewNames = true;
  }

  /** The file will not be written to any more, and what was is not synced. */
  addFull(file: string): void {
    this.full.push(openToSync(file));
  }

  /** Syncs on another thread: `file` is the one that is being written. One at a time. @throws HermesError ERR_HERMES_SYSTEM */
  async sync(file: string): Promise<void> {
    while (this.running !== undefined) await this.running;
    this.running = this.inBackground(this.take(file));
    try {
      await this.running;
    } finally {
      this.running = undefined;
    }
  }

  /** Syncs on this thread, which waits for the disk. @throws HermesError ERR_HERMES_SYSTEM */
  syncNow(file: string): void {
    const { files, directory } = this.take(file);
    try {
      withSystemErrors('sync', this.directory, () => {
        for (const fd of files) fs.fdatasyncSync(fd);
        if (directory !== undefined) fs.fsyncSync(directory);
      });
    } finally {
      closeAll({ files, directory });
    }
  }

  /** What was not synced stays so. */
  close(): void {
    closeAll({ files: this.full, directory: undefined });
    this.full = [];
  }

  private async inBackground({ files, directory }: Descriptors): Promise<void> {
    let failure: unknown;
    try {
      for (const fd of files) await fdatasync(fd);
      if (directory !== undefined) await fsync(directory);
    } catch (error) {
      failure = error;
    } finally {
      closeAll({ files, directory });
    }
    withSystemErrors('sync', this.directory, () => {
      if (failure !== undefined) throw failure;
    });
  }

  private take(file: string): Descriptors {
    const files = [...this.full, openToSync(file)];
    const directory = this.hasNewNames ? openToSync(this.directory) : undefined;
    this.full = [];
    this.hasNewNames = false;
    return { files, directory };
  }
}

interface Descriptors {
  readonly files: readonly number[];
  readonly directory: number | undefined;
}

function openToSync(file: string): number {
  return withSystemErrors('open', file, () => fs.openSync(file, fs.constants.O_RDONLY));
}

function closeAll({ files, directory }: Descriptors): void {
  for (const fd of files) fs.closeSync(fd);
  if (directory !== undefined) fs.closeSync(directory);
}
