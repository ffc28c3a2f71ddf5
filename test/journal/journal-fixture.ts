import fs from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { decodeJournalHeader, encodeJournalHeader, type JournalHeader } from '../../src/journal/file-start.js';
import { journalEntries } from '../../src/journal/journal-directory.js';
import type { RecordedMessage } from '../../src/journal/journal-iteration.js';
import { type JournalOptions, resolveJournalOptions } from '../../src/journal/journal-options.js';
import { openJournal } from '../../src/journal/journal-reader.js';
import type { JournalReaderOptions } from '../../src/journal/journal-reader-options.js';
import { JournalWriter } from '../../src/journal/journal-writer.js';
import { JOURNAL_FIRST_POSITION_OFFSET, JOURNAL_HEADER_LENGTH } from '../../src/layout/journal-file.js';
import {
  RECORD_HEADER_LENGTH,
  RECORD_LENGTH_OFFSET,
  RECORD_SEQUENCE_OFFSET,
  RECORD_TIMESTAMP_OFFSET,
} from '../../src/layout/record.js';
import { numberedPayload } from '../support/numbered-payload.js';
import { scratchDirectory } from '../support/scratch.js';

export const SMALL_FILE = 65_536;
export const LANES = 4;
export const SEGMENT_ID: Buffer = Buffer.alloc(16, 'one');
const MAX_PAYLOAD = 16_384;
const TYPE = 7;

/** Nanoseconds: the time of a message follows from its sequence. */
export function timeOf(sequence: number): bigint {
  return 1_000_000_000n * BigInt(sequence + 1);
}

/** A writer that is fed with records of a segment that is not there; closed with the test. */
export class FixtureWriter {
  private readonly source: Buffer = Buffer.alloc(RECORD_HEADER_LENGTH + MAX_PAYLOAD + 32);
  private isOpen = true;

  private constructor(readonly writer: JournalWriter) {
    writer.readFrom(this.source);
  }

  static open(directory: string, options: JournalOptions = {}, segmentId: Buffer = SEGMENT_ID): FixtureWriter {
    const fixture = FixtureWriter.openUnmanaged(directory, options, segmentId);
    onTestFinished(() => fixture.close());
    return fixture;
  }

  /** Not closed by anybody else: for hooks. */
  static openUnmanaged(directory: string, options: JournalOptions = {}, segmentId: Buffer = SEGMENT_ID): FixtureWriter {
    const settings = resolveJournalOptions({ fileLength: SMALL_FILE, ...options });
    const source = { segmentId, laneCount: LANES, maxPayloadLength: MAX_PAYLOAD, checksum: false };
    return new FixtureWriter(JournalWriter.open(directory, source, settings));
  }

  /** Appends one message; false when the journal has it. Payload and time follow from lane and sequence, unless they are given. */
  append(
    lane: number,
    sequence: number,
    payload: Uint8Array = numberedPayload(lane, sequence),
    timeNs: bigint = timeOf(sequence),
  ): boolean {
    const { source } = this;
    source.writeBigUInt64LE(BigInt(sequence), RECORD_SEQUENCE_OFFSET);
    source.writeBigInt64LE(timeNs, RECORD_TIMESTAMP_OFFSET);
    source.writeUInt32LE(payload.length, RECORD_LENGTH_OFFSET);
    source.set(payload, RECORD_HEADER_LENGTH);
    const isNew = this.writer.append(0, lane, TYPE, payload.length);
    this.writer.store();
    return isNew;
  }

  /** Appends messages `from` to `to`, that one not included, of lane 0. */
  appendRange(from: number, to: number): void {
    for (let sequence = from; sequence < to; sequence++) this.append(0, sequence);
  }

  close(): void {
    if (this.isOpen) this.writer.close();
    this.isOpen = false;
  }
}

/** A directory for a journal, which is not there yet. */
export function journalDirectory(): string {
  return path.join(scratchDirectory(), 'journal');
}

/** A journal of so many messages of lane 0, whose writer has gone. */
export function recordedJournal(count: number, directory: string = journalDirectory()): string {
  const writer = FixtureWriter.open(directory);
  writer.appendRange(0, count);
  writer.close();
  return directory;
}

/** All messages of a journal. */
export async function messagesOf(directory: string, options: JournalReaderOptions = {}): Promise<RecordedMessage[]> {
  using reader = openJournal(directory, options);
  const messages: RecordedMessage[] = [];
  for await (const message of reader) messages.push(message);
  return messages;
}

/** `lane:sequence` of each, once its payload and time were found right. */
export function namesOf(messages: readonly RecordedMessage[]): string[] {
  return messages.map(({ lane, sequence, payload, timestamp, type }) => {
    if (!payload.equals(numberedPayload(lane, sequence))) throw new Error(`${lane}:${sequence} has another payload`);
    if (timestamp !== timeOf(sequence) || type !== TYPE)
      throw new Error(`${lane}:${sequence} has another time or type`);
    return `${lane}:${sequence}`;
  });
}

/** `0:0`, `0:1` … */
export function laneZero(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => `0:${from + i}`);
}

export async function recordedNames(directory: string, options: JournalReaderOptions = {}): Promise<string[]> {
  return namesOf(await messagesOf(directory, options));
}

/** Paths of the files of a journal, in order. */
export function filesOf(directory: string): string[] {
  return journalEntries(directory).map((entry) => entry.path);
}

export function lastFile(directory: string): string {
  return filesOf(directory).at(-1)!;
}

/** Changes fields of a file's header, whose checksum stays right. */
export function changeHeader(file: string, change: Partial<JournalHeader>): void {
  const bytes = fs.readFileSync(file).subarray(0, JOURNAL_HEADER_LENGTH);
  const header = decodeJournalHeader(bytes, file, Number(bytes.readBigUInt64LE(JOURNAL_FIRST_POSITION_OFFSET)));
  overwrite(file, 0, encodeJournalHeader({ ...header, ...change }));
}

/** Changes bytes of a file in place. */
export function overwrite(file: string, offset: number, bytes: Uint8Array): void {
  const fd = fs.openSync(file, 'r+');
  fs.writeSync(fd, bytes, 0, bytes.length, offset);
  fs.closeSync(fd);
}
