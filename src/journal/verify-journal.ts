import type { Message } from '../ring/message.js';
import type { Damage } from './corrupt-journal.js';
import { openJournal } from './journal-reader.js';
import type { Gap } from './journal-walker.js';

/** What reading every record of a journal has shown. */
export interface JournalVerification {
  readonly messages: number;
  /** Bytes of payload. */
  readonly payloadLength: number;
  /** Positions: where it begins, and behind its last whole record. */
  readonly firstPosition: number;
  readonly position: number;
  readonly lanes: readonly LaneVerification[];
  /** Bytes without a whole record that have one behind them. */
  readonly damages: readonly Damage[];
  /** Messages that are missing between others. */
  readonly gaps: readonly Gap[];
}

export interface LaneVerification {
  readonly lane: number;
  readonly messages: number;
  /** Sequences of the first and of the last message. */
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** Messages between two looks at the signal. */
const BATCH_COUNT = 65_536;

/**
 * Reads every record and checks magic, length, checksum and sequence, and that no file is missing in the middle.
 * The signal ends it early. @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL (a foreign file)
 */
export async function verifyJournal(directory: string, signal?: AbortSignal): Promise<JournalVerification> {
  using reader = openJournal(directory, { skipDamage: true });
  const firstPosition = reader.position;
  const lanes = new Map<number, { messages: number; firstSequence: number; lastSequence: number }>();
  let messages = 0;
  let payloadLength = 0;
  const count = ({ lane, sequence, length }: Message) => {
    const found = lanes.get(lane);
    if (found === undefined) lanes.set(lane, { messages: 1, firstSequence: sequence, lastSequence: sequence });
    else {
      found.messages++;
      found.lastSequence = sequence;
    }
    messages++;
    payloadLength += length;
  };
  while (signal?.aborted !== true && reader.read(count, BATCH_COUNT) > 0) await new Promise(setImmediate);
  return {
    messages,
    payloadLength,
    firstPosition,
    position: reader.position,
    lanes: [...lanes].sort(([a], [b]) => a - b).map(([lane, found]) => ({ lane, ...found })),
    damages: [...reader.damages],
    gaps: reader.gaps,
  };
}
