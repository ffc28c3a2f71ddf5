import { checkSignal } from '../os/abort.js';
import { Turns } from '../os/turns.js';
import type { Message } from '../ring/message.js';
import type { Damage } from './corrupt-journal.js';
import { openJournal } from './journal-reader.js';
import type { Gap } from './known-segments.js';

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

/** What reading every record of a journal has shown of one lane. */
export interface LaneVerification {
  /** Hexadecimal. */
  readonly segmentId: string;
  readonly lane: number;
  readonly messages: number;
  /** Sequences of the first and of the last message. */
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** Messages between two looks at the clock: few, for they may be large. */
const BATCH_COUNT = 16;

/**
 * Reads every record and checks magic, length, checksum and sequence, and that no file is missing in the middle.
 * The signal ends it early. @throws HermesError ERR_HERMES_JOURNAL_NOT_FOUND, _CORRUPT_JOURNAL (a foreign file)
 */
export async function verifyJournal(directory: string, signal?: AbortSignal): Promise<JournalVerification> {
  checkSignal(signal);
  using reader = openJournal(directory, { skipDamage: true });
  const firstPosition = reader.position;
  const lanes = new LaneCounts();
  let messages = 0;
  let payloadLength = 0;
  const count = ({ lane, sequence, length }: Message) => {
    lanes.add(reader.segmentId, lane, sequence);
    messages++;
    payloadLength += length;
  };
  const turns = new Turns();
  while (signal?.aborted !== true && reader.read(count, BATCH_COUNT) > 0) if (turns.isDue) await turns.take();
  return {
    messages,
    payloadLength,
    firstPosition,
    position: reader.position,
    lanes: lanes.all(),
    damages: [...reader.damages],
    gaps: reader.gaps,
  };
}

/** Counts the messages of each lane of each segment. */
class LaneCounts {
  private readonly segments = new Map<
    string,
    Map<number, { -readonly [K in keyof LaneVerification]: LaneVerification[K] }>
  >();

  add(segmentId: string, lane: number, sequence: number): void {
    const lanes = this.segments.get(segmentId) ?? new Map();
    const found = lanes.get(lane);
    if (found === undefined) {
      lanes.set(lane, { segmentId, lane, messages: 1, firstSequence: sequence, lastSequence: sequence });
      this.segments.set(segmentId, lanes);
      return;
    }
    found.messages++;
    found.lastSequence = sequence;
  }

  /** Segments in the order in which they were met, their lanes by number. */
  all(): LaneVerification[] {
    return [...this.segments.values()].flatMap((lanes) => [...lanes.values()].sort((a, b) => a.lane - b.lane));
  }
}
