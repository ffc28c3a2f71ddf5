import { checkAmount, checkChoice, checkFlags, checkMode, checkWhole, type OptionNames } from '../checks.js';
import { HermesError } from '../errors.js';
import {
  JOURNAL_DATA_OFFSET,
  laneTableLength,
  MAX_JOURNAL_FILE_LENGTH,
  MIN_JOURNAL_FILE_LENGTH,
} from '../layout/journal-file.js';
import { recordLength } from '../layout/record.js';
import { MAX_TIMER_MS } from '../os/timers.js';

/**
 * When what was written reaches the disk: `os` leaves that to the kernel, `interval` syncs every so many milliseconds,
 * `every` syncs before anything is acknowledged.
 */
export type SyncMode = 'os' | 'interval' | 'every';

/** How a journal is written. */
export interface JournalOptions {
  /** Bytes of each new file: a multiple of 4096, 64 KiB – 1 GiB. Default 64 MiB. */
  readonly fileLength?: number | undefined;
  /** Default `os`. */
  readonly sync?: SyncMode | undefined;
  /** Milliseconds between two syncs, with `interval`: from 1. Default 100. */
  readonly syncIntervalMs?: number | undefined;
  /** If the last file has damage with whole records behind it, goes on behind the damage instead of throwing. Default false. */
  readonly skipDamage?: boolean | undefined;
  /** Permissions of new files. Default 0o600. */
  readonly mode?: number | undefined;
}

export const JOURNAL_OPTIONS: OptionNames<JournalOptions> = {
  fileLength: true,
  sync: true,
  syncIntervalMs: true,
  skipDamage: true,
  mode: true,
};

/** The same, resolved. */
export interface JournalSettings {
  readonly fileLength: number;
  readonly sync: SyncMode;
  readonly syncIntervalMs: number;
  readonly skipDamage: boolean;
  readonly mode: number;
}

const DEFAULTS: JournalSettings = {
  fileLength: 64 * 1024 * 1024,
  sync: 'os',
  syncIntervalMs: 100,
  skipDamage: false,
  mode: 0o600,
};
const PAGE_LENGTH = 4096;
const SYNC_MODES: readonly string[] = ['os', 'interval', 'every'];

/** @throws HermesError ERR_HERMES_INVALID_OPTION */
export function resolveJournalOptions(options: JournalOptions): JournalSettings {
  const fileLength = options.fileLength ?? DEFAULTS.fileLength;
  const sync = options.sync ?? DEFAULTS.sync;
  const syncIntervalMs = options.syncIntervalMs ?? DEFAULTS.syncIntervalMs;
  const mode = options.mode ?? DEFAULTS.mode;
  checkWhole('fileLength', fileLength, 0);
  const inRange = fileLength >= MIN_JOURNAL_FILE_LENGTH && fileLength <= MAX_JOURNAL_FILE_LENGTH;
  if (!inRange || fileLength % PAGE_LENGTH !== 0) {
    throw invalid(
      `fileLength is ${fileLength}: give a multiple of ${PAGE_LENGTH} from ${MIN_JOURNAL_FILE_LENGTH} to ${MAX_JOURNAL_FILE_LENGTH} bytes`,
    );
  }
  checkChoice('sync', sync, SYNC_MODES);
  checkAmount('syncIntervalMs', syncIntervalMs, 'milliseconds', 1, MAX_TIMER_MS);
  checkMode('mode', mode);
  checkFlags(options, 'skipDamage');
  return { fileLength, sync, syncIntervalMs, skipDamage: options.skipDamage ?? DEFAULTS.skipDamage, mode };
}

/** A file must hold its lane table and the largest message. @throws HermesError ERR_HERMES_INVALID_OPTION */
export function checkFileLength(fileLength: number, laneCount: number, maxPayloadLength: number): void {
  const least = leastFileLength(laneCount, maxPayloadLength);
  if (fileLength >= least) return;
  throw invalid(`fileLength is ${fileLength}, and the largest message of the segment needs ${least} bytes: give more`);
}

/**
 * Bytes that segment tables may take at the start of a file: a quarter of it, and no more than the largest message leaves. A
 * producer publishes at most half a lane together, which fits behind them, as its files hold a lane.
 */
export function roomForSegmentTables(fileLength: number, laneCount: number, maxPayloadLength: number): number {
  return Math.min((fileLength - JOURNAL_DATA_OFFSET) >>> 2, fileLength - leastFileLength(laneCount, maxPayloadLength));
}

function leastFileLength(laneCount: number, maxPayloadLength: number): number {
  return JOURNAL_DATA_OFFSET + recordLength(laneTableLength(laneCount)) + recordLength(maxPayloadLength);
}

function invalid(message: string): HermesError {
  return new HermesError('ERR_HERMES_INVALID_OPTION', message);
}
