import { LANE_TABLE_ENTRY_LENGTH, laneTableLength, NO_SEQUENCE } from '../layout/journal-file.js';
import { wholeSequence } from '../ring/head.js';

/** As an Int32Array holds it. */
const NONE: number = NO_SEQUENCE | 0;

/** For each lane of a segment the sequence of the message that comes next in the journal, in two words; all ones if it is not known. */
export class LaneSequences {
  readonly low: Int32Array;
  readonly high: Int32Array;

  constructor(readonly laneCount: number) {
    this.low = new Int32Array(laneCount).fill(NONE);
    this.high = new Int32Array(laneCount).fill(NONE);
  }

  /** Reads the table of `laneCount` lanes at byte `offset`. */
  static decode(bytes: Buffer, offset: number, laneCount: number): LaneSequences {
    const sequences = new LaneSequences(laneCount);
    for (let lane = 0; lane < laneCount; lane++) {
      sequences.low[lane] = bytes.readInt32LE(offset + lane * LANE_TABLE_ENTRY_LENGTH);
      sequences.high[lane] = bytes.readInt32LE(offset + lane * LANE_TABLE_ENTRY_LENGTH + 4);
    }
    return sequences;
  }

  encode(): Buffer {
    const table = Buffer.alloc(laneTableLength(this.laneCount));
    for (let lane = 0; lane < this.laneCount; lane++) {
      table.writeInt32LE(this.low[lane]!, lane * LANE_TABLE_ENTRY_LENGTH);
      table.writeInt32LE(this.high[lane]!, lane * LANE_TABLE_ENTRY_LENGTH + 4);
    }
    return table;
  }

  copy(): LaneSequences {
    const sequences = new LaneSequences(this.laneCount);
    sequences.take(this);
    return sequences;
  }

  /** Takes all numbers of another one, of as many lanes. */
  take(other: LaneSequences): void {
    this.low.set(other.low);
    this.high.set(other.high);
  }

  /** Takes those numbers of another one, of as many lanes, that are not known here. */
  fillFrom(other: LaneSequences): void {
    for (let lane = 0; lane < this.laneCount; lane++) {
      if (this.next(lane) !== undefined) continue;
      this.low[lane] = other.low[lane]!;
      this.high[lane] = other.high[lane]!;
    }
  }

  /** The number of at least one lane is known. */
  get areKnown(): boolean {
    return this.low.some((low, lane) => low !== NONE || this.high[lane] !== NONE);
  }

  /** The number that comes next, or undefined when none is known. */
  next(lane: number): number | undefined {
    if (this.low[lane] === NONE && this.high[lane] === NONE) return undefined;
    return wholeSequence(this.high[lane]!, this.low[lane]!);
  }

  /** Some lane is at an earlier number here than in another table, of as many lanes: that one knows of more messages. */
  isBehind(other: LaneSequences): boolean {
    return this.low.some((_, lane) => {
      const [own, others] = [this.next(lane), other.next(lane)];
      return own !== undefined && others !== undefined && own < others;
    });
  }

  /** Notes that the message of this number, in two words, is in the journal. */
  pass(lane: number, low: number, high: number): void {
    this.low[lane] = (low + 1) | 0;
    this.high[lane] = low === -1 ? (high + 1) | 0 : high;
  }

  set(lane: number, sequence: number): void {
    this.low[lane] = sequence % 2 ** 32;
    this.high[lane] = Math.floor(sequence / 2 ** 32);
  }
}
