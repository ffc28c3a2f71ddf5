import type { JournalSource } from '../../src/journal/journal-writer.js';
import type { Message } from '../../src/ring/message.js';

/** What the program `append-journal` appends: lane 0, lengths and bytes follow from sequences. */

export const MAX_APPENDED_LENGTH = 2000;

export const appendedSource: JournalSource = {
  segmentId: Buffer.alloc(16, 1),
  laneCount: 1,
  maxPayloadLength: MAX_APPENDED_LENGTH,
  checksum: false,
};

export function appendedLength(sequence: number): number {
  return (sequence * 37) % MAX_APPENDED_LENGTH;
}

const patterns = Array.from({ length: 251 }, (_, byte) => Buffer.alloc(MAX_APPENDED_LENGTH, byte));

/** Payloads are views of it: never write to it. */
export function appendedPattern(sequence: number): Buffer {
  return patterns[sequence % patterns.length]!;
}

/** @throws Error when it is not the message of that sequence */
export function checkAppended({ sequence, length, buffer, offset }: Message, expected: number): void {
  const isRight = length === appendedLength(expected) && sequence === expected;
  if (isRight && buffer.compare(appendedPattern(expected), 0, length, offset, offset + length) === 0) return;
  throw new Error(`message ${sequence} of ${length} bytes is not message ${expected} as it was appended`);
}
