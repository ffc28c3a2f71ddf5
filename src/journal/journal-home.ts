import fs from 'node:fs';
import { Descriptor } from '../os/descriptor.js';
import { HeldName } from '../os/held-name.js';
import { lostPlace } from './corrupt-journal.js';
import { ensureJournalDirectory } from './journal-directory.js';

/**
 * The directory of a journal that is being written, held open. So it can be told whether its path still leads to it: it may be
 * removed, moved, mounted over, or reached through a link that is turned elsewhere.
 */
export class JournalHome {
  private readonly name: HeldName;

  private constructor(
    /** Absolute. */
    readonly path: string,
    /** To check and to sync. */
    readonly descriptor: Descriptor,
  ) {
    this.name = new HeldName(path, descriptor.number);
  }

  /** Makes the directory if it is missing. @throws HermesError */
  static open(path: string): JournalHome {
    ensureJournalDirectory(path);
    const { O_RDONLY, O_DIRECTORY } = fs.constants;
    return new JournalHome(path, Descriptor.open(`${path}/.`, O_RDONLY | O_DIRECTORY)); // it may be a link
  }

  /** @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND */
  check(): void {
    if (!this.name.leadsThere) throw lostPlace(this.path);
  }

  close(): void {
    this.descriptor.close();
  }
}
