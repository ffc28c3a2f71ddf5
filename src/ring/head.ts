import {
  HANDOVER_ENTRY_LENGTH,
  HANDOVER_OFFSET,
  HANDOVER_POSITION_OFFSET,
  HANDOVER_SEQUENCE_HIGH_OFFSET,
  HANDOVER_SEQUENCE_LOW_OFFSET,
  HEAD_HIGH_OFFSET,
  HEAD_LOW_OFFSET,
} from '../layout/lane-control.js';
import { RECORD_ALIGNMENT, RECORD_SEQUENCE_OFFSET } from '../layout/record.js';
import { corruptLane } from './corrupt-lane.js';
import { laneControlIndex, laneOffset, wordAt } from './indices.js';
import type { SegmentMemory } from './segment-memory.js';

/** The high word of a head counts halves of 2³², so that it shares one bit with the low word. */
const HALF = 2 ** 31;
/** Positions from 2⁵³ on, 8 EiB, would not be exact as numbers. */
const MAX_HIGH = 2 ** 22;

/** The high word's value when a head's low word is `low` and the stored high word may be one ahead of it. */
export function settledHigh(high: number, low: number): number {
  return (high & 1) === low >>> 31 ? high : high - 1;
}

/** The high word of an unbounded position (bytes). */
export function highOf(position: number): number {
  return Math.floor(position / HALF);
}

/** The unbounded position (bytes) that a settled high word and a low word stand for. */
export function wholePosition(high: number, low: number): number {
  return high * HALF + (low & 0x7fff_ffff);
}

/** The sequence number in two words, as a number. */
export function wholeSequence(high: number, low: number): number {
  return (high >>> 0) * 2 ** 32 + (low >>> 0);
}

/** The exact head of a lane: an unbounded position, in bytes, at one moment of this call. @throws HermesError ERR_HERMES_CORRUPT_SEGMENT */
export function exactHead(memory: SegmentMemory, lane: number): number {
  const { words } = memory;
  const control = laneControlIndex(memory, lane);
  for (;;) {
    const high = Atomics.load(words, wordAt(control, HEAD_HIGH_OFFSET)) >>> 0;
    const low = Atomics.load(words, wordAt(control, HEAD_LOW_OFFSET)); // SYNC: published
    if (Atomics.load(words, wordAt(control, HEAD_HIGH_OFFSET)) >>> 0 !== high) continue;
    if (high >= MAX_HIGH) throw corruptLane(lane, `its head's high word is ${high}, beyond all that can be written`);
    return wholePosition(settledHigh(high, low), low);
  }
}

/** The word index of the handover entry that belongs to a head's low word, or -1 when not exactly one does. */
export function handoverEntryIndex(memory: SegmentMemory, lane: number, headLow: number): number {
  const { words } = memory;
  const first = wordAt(laneControlIndex(memory, lane), HANDOVER_OFFSET);
  const second = wordAt(first, HANDOVER_ENTRY_LENGTH);
  const isFirst = Atomics.load(words, wordAt(first, HANDOVER_POSITION_OFFSET)) === headLow; // SYNC: handover
  const isSecond = Atomics.load(words, wordAt(second, HANDOVER_POSITION_OFFSET)) === headLow; // SYNC: handover
  if (isFirst === isSecond) return -1;
  return isFirst ? first : second;
}

/** A head and the sequence number of the message that will follow it. */
export interface HeadAndSequence {
  readonly position: number;
  readonly sequence: number;
}

const STABLE_READ_ATTEMPTS = 10_000;

/**
 * A lane's head with the sequence that goes with it, without stopping the writer: the entry of a head does not change
 * until the next publication but one. Undefined if the writer was faster at every attempt. The entry is loaded
 * atomically, because a plain load may be satisfied after a later atomic one. The whole head is then loaded again,
 * because its low word wraps: `handover.pml`.
 */
export function headAndSequence(memory: SegmentMemory, lane: number): HeadAndSequence | undefined {
  const { words } = memory;
  for (let attempt = 0; attempt < STABLE_READ_ATTEMPTS; attempt++) {
    const position = exactHead(memory, lane);
    const entry = handoverEntryIndex(memory, lane, position | 0);
    if (entry === -1) continue;
    const sequenceLow = Atomics.load(words, wordAt(entry, HANDOVER_SEQUENCE_LOW_OFFSET)); // SYNC: handover
    const sequenceHigh = Atomics.load(words, wordAt(entry, HANDOVER_SEQUENCE_HIGH_OFFSET)); // SYNC: handover
    if (exactHead(memory, lane) === position) return { position, sequence: wholeSequence(sequenceHigh, sequenceLow) };
  }
  return undefined;
}

/**
 * The sequence that the record at a position (low word) of a lane carries: of the message there, or of the one behind the
 * padding there. Nobody overwrites it while a reliable group's position is there: look at that again afterwards.
 */
export function sequenceAt(memory: SegmentMemory, lane: number, positionLow: number): number {
  const at = positionLow & (memory.geometry.laneCapacity - 1);
  const index = (laneOffset(memory, lane) + at + RECORD_SEQUENCE_OFFSET) >>> 2;
  // Atomic, for the same reason as the handover entry.
  return wholeSequence(Atomics.load(memory.words, index + 1), Atomics.load(memory.words, index));
}

/** Where the lane's writer stands, or stood: its head (an unbounded position, bytes), and the word index of the handover entry of it. */
interface LastPublished {
  readonly position: number;
  readonly entryIndex: number;
}

/** For a writer that goes on: nobody else may write to the lane. @throws HermesError ERR_HERMES_CORRUPT_SEGMENT */
export function lastPublished(memory: SegmentMemory, lane: number): LastPublished {
  const position = exactHead(memory, lane);
  const entryIndex = handoverEntryIndex(memory, lane, position | 0);
  if (entryIndex === -1 || position % RECORD_ALIGNMENT !== 0) {
    throw corruptLane(lane, `not exactly one handover entry belongs to its head (${(position | 0) >>> 0})`);
  }
  return { position, entryIndex };
}
