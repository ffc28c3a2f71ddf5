import { MAX_LANES } from '../layout/geometry.js';
import { laneTableLength } from '../layout/journal-file.js';
import {
  MAX_SEGMENT_TABLES,
  SEGMENT_TABLE_ID_OFFSET,
  SEGMENT_TABLE_LANES_OFFSET,
  SEGMENT_TABLE_TYPE,
} from '../layout/journal-segment-table.js';
import { ID_LENGTH } from '../layout/preamble.js';
import { encodeControlRecord } from './journal-record.js';
import { LaneSequences } from './lane-sequences.js';

/** Messages of a lane that are not in the journal: sequences, from the first to behind the last. */
export interface Gap {
  /** Hexadecimal. */
  readonly segmentId: string;
  readonly lane: number;
  readonly fromSequence: number;
  readonly toSequence: number;
}

/** A table of a segment: what comes next in each of its lanes. */
interface SegmentTable {
  readonly segmentId: Buffer;
  readonly sequences: LaneSequences;
}

/** What is known of one segment. */
export class KnownSegment {
  /** What comes next in each lane, by the segment's own files. */
  readonly sequences: LaneSequences;
  /** The same by the files of other segments: it may be more, if messages that were never published were taken back later. */
  private told: LaneSequences;

  constructor(
    readonly segmentId: Buffer,
    laneCount: number,
  ) {
    this.sequences = new LaneSequences(laneCount);
    this.told = this.sequences.copy();
  }

  /** The number that comes next in a lane, or undefined when none is known. */
  next(lane: number): number | undefined {
    return this.sequences.next(lane) ?? this.told.next(lane);
  }

  /** The same of all lanes, as a table. */
  get table(): SegmentTable {
    const sequences = this.sequences.copy();
    sequences.fillFrom(this.told);
    return { segmentId: this.segmentId, sequences };
  }

  /** Takes the lane table of a file of its own. Returns what is missing: where a lane goes on farther on than it was. */
  take(sequences: LaneSequences): Gap[] {
    const gaps: Gap[] = [];
    for (let lane = 0; lane < sequences.laneCount; lane++) {
      const [due, next] = [this.next(lane), sequences.next(lane)];
      if (due !== undefined && next !== undefined && next > due) gaps.push(this.gap(lane, due, next));
    }
    this.sequences.take(sequences);
    this.told = sequences;
    return gaps;
  }

  gap(lane: number, fromSequence: number, toSequence: number): Gap {
    return { segmentId: this.segmentId.toString('hex'), lane, fromSequence, toSequence };
  }

  /** Takes what a file of another segment says. */
  hear(sequences: LaneSequences): void {
    this.told.fillFrom(sequences);
  }
}

/** What a journal knows of the segments that were recorded in it, the one recorded last first. */
export class KnownSegments {
  private segments: KnownSegment[] = [];

  /** A segment, which counts as the one recorded last from now on. */
  enter(segmentId: Buffer, laneCount: number): KnownSegment {
    const segment = this.find(segmentId, laneCount) ?? new KnownSegment(Buffer.from(segmentId), laneCount);
    this.segments = [segment, ...this.segments.filter((each) => !each.segmentId.equals(segmentId))];
    return segment;
  }

  /** Takes a table of a segment from a file of another one. The tables of a file must be given in their order. */
  hear({ segmentId, sequences }: SegmentTable): void {
    const known = this.find(segmentId, sequences.laneCount);
    const segment = known ?? new KnownSegment(Buffer.from(segmentId), sequences.laneCount);
    if (known === undefined) this.segments.push(segment);
    segment.hear(sequences);
  }

  /** The tables of all but one segment, the one recorded last first. */
  tablesWithout(segmentId: Buffer): SegmentTable[] {
    return this.segments.filter((each) => !each.segmentId.equals(segmentId)).map(({ table }) => table);
  }

  private find(segmentId: Buffer, laneCount: number): KnownSegment | undefined {
    return this.segments.find((each) => each.segmentId.equals(segmentId) && each.sequences.laneCount === laneCount);
  }
}

/** The tables of as many segments as there is room for, the first ones first: whole records. `room` is bytes. */
export function encodeSegmentTables(segments: readonly SegmentTable[], room: number): Buffer {
  const tables: Buffer[] = [];
  let left = room;
  for (const { segmentId, sequences } of segments.filter((each) => each.sequences.areKnown)) {
    const table = encodeControlRecord(SEGMENT_TABLE_TYPE, 0n, Buffer.concat([segmentId, sequences.encode()]));
    left -= table.length;
    if (left < 0 || tables.length === MAX_SEGMENT_TABLES) break;
    tables.push(table);
  }
  return Buffer.concat(tables);
}

/** The table whose payload of `length` bytes is at a byte offset; undefined if no table has that length. */
export function decodeSegmentTable(bytes: Buffer, offset: number, length: number): SegmentTable | undefined {
  const laneCount = (length - SEGMENT_TABLE_LANES_OFFSET) / laneTableLength(1);
  if (!Number.isInteger(laneCount) || laneCount < 1 || laneCount > MAX_LANES) return undefined;
  const id = offset + SEGMENT_TABLE_ID_OFFSET;
  const sequences = LaneSequences.decode(bytes, offset + SEGMENT_TABLE_LANES_OFFSET, laneCount);
  return { segmentId: bytes.subarray(id, id + ID_LENGTH), sequences };
}
