import type { Message } from '../ring/message.js';

/** A message of a journal, copied: yours to keep. */
export interface RecordedMessage {
  /** Where its record begins in the journal: bytes. */
  readonly position: number;
  readonly lane: number;
  readonly type: number;
  /** Number of the message in its lane. */
  readonly sequence: number;
  /** When it was published: nanoseconds since the Unix epoch; 0n in a segment without timestamps. */
  readonly timestamp: bigint;
  readonly payload: Buffer;
}

export function copyMessage(message: Message, position: number): RecordedMessage {
  const { lane, type, sequence, timestamp } = message;
  return { position, lane, type, sequence, timestamp, payload: message.copy() };
}
