import fs from 'node:fs';
import { randomBytes } from '../built-ins.js';
import { JOURNAL_ID_LENGTH, laneTableLength } from '../layout/journal-file.js';
import {
  INDEX_BOOT_ID_OFFSET,
  INDEX_ENTRY_TYPE,
  INDEX_JOURNAL_ID_OFFSET,
  INDEX_LANE_TABLE_OFFSET,
  INDEX_POSITION_OFFSET,
  indexFileName,
} from '../layout/journal-index.js';
import { ID_LENGTH } from '../layout/preamble.js';
import { RECORD_HEADER_LENGTH, RECORD_TIMESTAMP_OFFSET, recordLength } from '../layout/record.js';
import { bootIdIfShown } from '../os/boot.js';
import { Descriptor } from '../os/descriptor.js';
import type { JournalHeader } from './file-start.js';
import { encodeControlRecord, isControlRecord } from './journal-record.js';
import { LaneSequences } from './lane-sequences.js';

/** A place in a file from which a walk can begin. */
export interface IndexEntry {
  /** Bytes. */
  readonly position: number;
  /** The newest time of a message before it, or 0n. */
  readonly newestTimeNs: bigint;
  /** What comes next in each lane. */
  readonly sequences: LaneSequences;
  /**
   * Written since the machine was started, by the boot id: so the kernel still has all that was written before it. Where that id is
   * not shown, or is a container's own, more is read again than necessary.
   */
  readonly isOfThisBoot: boolean;
}

function entryLength(laneCount: number): number {
  return recordLength(INDEX_LANE_TABLE_OFFSET + laneTableLength(laneCount));
}

/** The record of an entry. */
export function encodeIndexEntry(
  { journalId }: JournalHeader,
  position: number,
  newestTimeNs: bigint,
  sequences: LaneSequences,
): Buffer {
  const payload = Buffer.alloc(INDEX_LANE_TABLE_OFFSET + laneTableLength(sequences.laneCount));
  payload.writeBigUInt64LE(BigInt(position), INDEX_POSITION_OFFSET);
  bootIdIfShown()?.copy(payload, INDEX_BOOT_ID_OFFSET);
  journalId.copy(payload, INDEX_JOURNAL_ID_OFFSET);
  sequences.encode().copy(payload, INDEX_LANE_TABLE_OFFSET);
  return encodeControlRecord(INDEX_ENTRY_TYPE, newestTimeNs, payload);
}

/**
 * The entries of a file's index that can be believed, in order: up to the first one that is damaged, belongs to another file, or
 * does not lie behind the one before it. A file without an index has none.
 */
export function readIndex(journalFile: string, header: JournalHeader): IndexEntry[] {
  const { laneCount, firstPosition, capacity, journalId } = header;
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(indexFileName(journalFile));
  } catch {
    return [];
  }
  const length = entryLength(laneCount);
  const payloadLength = INDEX_LANE_TABLE_OFFSET + laneTableLength(laneCount);
  const presentBoot = bootIdIfShown();
  const entries: IndexEntry[] = [];
  for (let start = 0; start + length <= bytes.length; start += length) {
    const payload = start + RECORD_HEADER_LENGTH;
    if (!isControlRecord(bytes, start, INDEX_ENTRY_TYPE, payloadLength)) break;
    const position = Number(bytes.readBigUInt64LE(payload + INDEX_POSITION_OFFSET));
    const id = bytes.subarray(payload + INDEX_JOURNAL_ID_OFFSET, payload + INDEX_JOURNAL_ID_OFFSET + JOURNAL_ID_LENGTH);
    const boot = bytes.subarray(payload + INDEX_BOOT_ID_OFFSET, payload + INDEX_BOOT_ID_OFFSET + ID_LENGTH);
    const least = entries.at(-1)?.position ?? firstPosition;
    if (!id.equals(journalId) || !(position > least && position < firstPosition + capacity)) break;
    entries.push({
      position,
      newestTimeNs: bytes.readBigInt64LE(start + RECORD_TIMESTAMP_OFFSET),
      sequences: LaneSequences.decode(bytes, payload + INDEX_LANE_TABLE_OFFSET, laneCount),
      isOfThisBoot: presentBoot?.equals(boot) === true,
    });
  }
  return entries;
}

/** How many entries of a file's index name places before a position. */
export function countEntriesBefore(journalFile: string, header: JournalHeader, position: number): number {
  return readIndex(journalFile, header).filter((entry) => entry.position < position).length;
}

/** Writes the index of a file anew, whole or not at all. If that fails, there is no index: it only saves time. */
export function writeIndex(journalFile: string, entries: readonly Buffer[]): void {
  const file = indexFileName(journalFile);
  const temporary = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    fs.writeFileSync(temporary, Buffer.concat(entries), { mode: 0o600, flag: 'wx' });
    fs.renameSync(temporary, file);
  } catch {
    fs.rmSync(temporary, { force: true });
  }
}

/** The index of the file that is being written: entries are added at its end. */
export class IndexWriter {
  private descriptor: Descriptor | undefined;
  private end: number;

  /** Keeps the first `keptCount` entries that are there. */
  constructor(
    journalFile: string,
    private readonly header: JournalHeader,
    keptCount: number,
  ) {
    this.end = keptCount * entryLength(header.laneCount);
    try {
      const { O_CREAT, O_RDWR } = fs.constants;
      this.descriptor = Descriptor.open(indexFileName(journalFile), O_CREAT | O_RDWR, 0o600);
      fs.ftruncateSync(this.descriptor.number, this.end);
    } catch {
      this.close(); // the next writer that needs it makes it anew
    }
  }

  add(position: number, newestTimeNs: bigint, sequences: LaneSequences): void {
    if (this.descriptor === undefined) return;
    const entry = encodeIndexEntry(this.header, position, newestTimeNs, sequences);
    try {
      fs.writeSync(this.descriptor.number, entry, 0, entry.length, this.end);
      this.end += entry.length;
    } catch {
      this.close(); // the file system is full: an index with a gap would be worse than a short one
    }
  }

  close(): void {
    this.descriptor?.close();
    this.descriptor = undefined;
  }
}
