import type { JournalSource } from '../../src/journal/journal-writer.js';
import type { Message } from '../../src/ring/message.js';
import { carriesNumber, MAX_NUMBERED_LENGTH } from '../support/numbered-payload.js';

/** What the program `append-journal` appends: lane 0, numbered payloads by their sequences. */
export const appendedSource: JournalSource = {
  segmentId: Buffer.alloc(16, 1),
  laneCount: 1,
  maxPayloadLength: MAX_NUMBERED_LENGTH,
  checksum: false,
};

/** @throws Error when it is not the message of that sequence */
export function checkAppended(message: Message, expected: number): void {
  const { sequence, length } = message;
  if (sequence === expected && carriesNumber(message, 0, expected)) return;
  throw new Error(`message ${sequence} of ${length} bytes is not message ${expected} as it was appended`);
}
