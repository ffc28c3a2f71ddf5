import { INSPECT, type Inspect, inspected } from '../hidden-fields.js';
import type { Message } from '../ring/message.js';

/** A message of a journal, copied: yours to keep. */
export class RecordedMessage {
  /** @internal */
  constructor(
    /** Where its record begins in the journal: bytes. */
    readonly position: number,
    readonly lane: number,
    readonly type: number,
    /** Number of the message in its lane. */
    readonly sequence: number,
    /** When it was published: nanoseconds since the Unix epoch; 0n in a segment without timestamps. */
    readonly timestamp: bigint,
    readonly payload: Buffer,
  ) {}

  /** What `JSON.stringify` writes: JSON has no BigInt. */
  toJSON(): RecordedMessageJson {
    return { ...this, timestamp: this.timestamp.toString() };
  }

  /** @internal what `console.log` prints */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    return inspected('RecordedMessage', { ...this }, depth, options, inspect);
  }
}

/** The same as JSON has it. */
export interface RecordedMessageJson
  extends Pick<RecordedMessage, 'position' | 'lane' | 'type' | 'sequence' | 'payload'> {
  /** Nanoseconds since the Unix epoch, in decimal. */
  readonly timestamp: string;
}

export function copyMessage(message: Message, position: number): RecordedMessage {
  const { lane, type, sequence, timestamp } = message;
  return new RecordedMessage(position, lane, type, sequence, timestamp, message.copy());
}
