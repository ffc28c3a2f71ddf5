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

/** The error for a file that is no part of the journal. */
export function foreignFile(file: string, fault: string): HermesError {
  return new HermesError(
    'ERR_HERMES_CORRUPT_JOURNAL',
    `${file} is not usable as a file of this journal: ${fault}. Move it out of the directory, or restore it`,
  );
}
