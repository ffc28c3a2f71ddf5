import type fs from 'node:fs';
import { refusePromise } from '../dropped-promise.js';
import { HermesError } from '../errors.js';

/** Bytes of a journal that hold no whole record: positions, from the first to behind the last. */
export interface Damage {
  /** The file's path. */
  readonly file: string;
  readonly fromPosition: number;
  readonly toPosition: number;
  /** What is wrong at its beginning, in words for people. */
  readonly fault: string;
}

/** The error for damage with whole records behind it. */
export function damagedJournal({ file, fromPosition, toPosition, fault }: Damage): HermesError {
  return new HermesError(
    'ERR_HERMES_CORRUPT_JOURNAL',
    `${file}: ${toPosition - fromPosition} bytes from position ${fromPosition} to ${toPosition} are damaged: ${fault}. ` +
      'Something else wrote there, or the file was copied while it was written to, or pages were lost with the power: ' +
      'restore the file, or skip what is damaged (--skip-damage)',
  );
}

/** What happens to damage that a reader finds: it is thrown, or, if damage is skipped, listed and reported. */
export class DamageLog {
  readonly damages: Damage[] = [];

  constructor(
    private readonly skipsDamage: boolean,
    private readonly onDamage: ((damage: Damage) => void) | undefined,
  ) {}

  /** This is the place that was reported last. */
  isKnown(fromPosition: number): boolean {
    return this.damages.at(-1)?.fromPosition === fromPosition;
  }

  /** Reports damage, if there is any, and it is not what was reported last. @throws HermesError ERR_HERMES_CORRUPT_JOURNAL unless damage is skipped */
  report(damage: Damage | undefined): void {
    if (damage === undefined) return;
    if (!this.skipsDamage) throw damagedJournal(damage);
    if (this.isKnown(damage.fromPosition)) return;
    this.damages.push(damage);
    try {
      refusePromise(this.onDamage?.(damage), 'onDamage', 'give a function that is done when it returns');
    } catch (error) {
      this.damages.pop(); // so that it is reported again: a read that has handed out messages does not throw this error
      throw error;
    }
  }
}

/** @throws HermesError ERR_HERMES_CORRUPT_JOURNAL for a file of another journal than the expected one */
export function checkJournalId(file: string, { journalId }: { journalId: Buffer }, expected: Buffer): void {
  if (journalId.equals(expected)) return;
  const ids = `its journal is ${journalId.toString('hex')}, and not ${expected.toString('hex')}`;
  throw foreignFile(file, `${ids}: it is of another journal`);
}

/** @throws HermesError ERR_HERMES_CORRUPT_JOURNAL for a directory, a FIFO or anything else with the name of a journal's file */
export function checkRegular(file: string, status: fs.Stats): void {
  if (!status.isFile()) throw foreignFile(file, 'it is not a regular file');
}

/** The error for a file that is no part of the journal. */
export function foreignFile(file: string, fault: string): HermesError {
  return new HermesError(
    'ERR_HERMES_CORRUPT_JOURNAL',
    `${file} is not usable as a file of this journal: ${fault}. Move it out of the directory, or restore it`,
  );
}

/** The error for a file that is shorter than its header says. */
export function cutFile(file: string, length: number, wholeLength: number): HermesError {
  return new HermesError(
    'ERR_HERMES_CORRUPT_JOURNAL',
    `${file} was cut to ${length} of its ${wholeLength} bytes, by something else: restore it, or attach again to go on with what is left`,
  );
}

/** The error for a full file system. `what` there is no room for. */
export function noRoom(directory: string, what: string, cause: unknown): HermesError {
  return new HermesError(
    'ERR_HERMES_NO_SPACE',
    `There is no room for ${what} of the journal ${directory}: free space, or remove its oldest files (hermes journal prune ${directory} --keep-bytes <size>)`,
    { cause },
  );
}

/** The error of a writer whose directory or file is not where it was. */
export function lostPlace(path: string): HermesError {
  return new HermesError(
    'ERR_HERMES_JOURNAL_NOT_FOUND',
    `${path} is not what is being written any more: it was removed, moved or replaced. Nothing more is acknowledged or published: ` +
      'put it back, or attach again, which goes on with the journal that is there, or begins one',
  );
}
