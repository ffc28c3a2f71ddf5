import fs from 'node:fs';
import { Descriptor } from '../os/descriptor.js';
import { syncFile, syncFileInBackground } from '../os/sync-file.js';
import type { MappedFile } from './mapped-file.js';

/**
 * What must be synced before all that was written is on the disk: the files that were written to since the last sync, and the
 * directory if it has new names. `fdatasync` of a file also writes the pages that a mapping of it has made dirty. Every
 * sync has descriptors of its own, which nobody closes meanwhile: it syncs what was written, even if the names lead elsewhere by then.
 */
export class JournalSync {
  private hasNewNames = false;
  /** The file that is being written. */
  private file: MappedFile | undefined;
  /** Of files that are full, and not synced yet. */
  private full: Descriptor[] = [];
  private running: Promise<void> | undefined;

  constructor(private readonly directory: Held) {}

  /** From now on this file is written to. */
  goOnIn(file: MappedFile): void {
    this.file = file;
  }

  /** A file has got its name. */
  addName(): void {
    this.hasNewNames = true;
  }

  /** The file is full, and not synced yet. */
  addFull(file: MappedFile): void {
    this.full.push(openToSync(file));
  }

  /** Syncs on another thread. One at a time. @throws HermesError ERR_HERMES_SYSTEM */
  async sync(): Promise<void> {
    while (this.running !== undefined) await this.running;
    this.running = this.inBackground(this.take());
    try {
      await this.running;
    } finally {
      this.running = undefined;
    }
  }

  /** Syncs on this thread, which waits for the disk. @throws HermesError ERR_HERMES_SYSTEM */
  syncNow(): void {
    const { files, directory } = this.take();
    try {
      for (const { number } of files) syncFile('fdatasync', number, this.directory.path);
      if (directory !== undefined) syncFile('fsync', directory.number, this.directory.path);
    } finally {
      closeAll({ files, directory });
    }
  }

  /** Forgets what is not synced yet. */
  close(): void {
    this.file = undefined;
    this.hasNewNames = false;
    closeAll({ files: this.full, directory: undefined });
    this.full = [];
  }

  private async inBackground({ files, directory }: Descriptors): Promise<void> {
    try {
      for (const { number } of files) await syncFileInBackground('fdatasync', number, this.directory.path);
      if (directory !== undefined) await syncFileInBackground('fsync', directory.number, this.directory.path);
    } finally {
      closeAll({ files, directory });
    }
  }

  private take(): Descriptors {
    const last = this.file === undefined ? [] : [openToSync(this.file)];
    try {
      const directory = this.hasNewNames ? openToSync(this.directory) : undefined;
      const files = [...this.full, ...last];
      this.full = [];
      this.hasNewNames = false;
      return { files, directory };
    } catch (error) {
      for (const descriptor of last) descriptor.close();
      throw error;
    }
  }
}

/** What is open, and by which name. */
interface Held {
  readonly descriptor: Descriptor;
  readonly path: string;
}

interface Descriptors {
  readonly files: readonly Descriptor[];
  readonly directory: Descriptor | undefined;
}

function openToSync({ descriptor, path }: Held): Descriptor {
  return Descriptor.openAgain(descriptor.number, path, fs.constants.O_RDONLY);
}

function closeAll({ files, directory }: Descriptors): void {
  for (const file of files) file.close();
  directory?.close();
}
