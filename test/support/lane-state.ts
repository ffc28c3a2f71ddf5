import {
  HANDOVER_ENTRY_LENGTH,
  HANDOVER_OFFSET,
  HANDOVER_POSITION_OFFSET,
  HANDOVER_SEQUENCE_HIGH_OFFSET,
  HANDOVER_SEQUENCE_LOW_OFFSET,
  HEAD_HIGH_OFFSET,
  HEAD_LOW_OFFSET,
  NO_POSITION,
  RESERVED_OFFSET,
  RESERVED_PIECES_PER_LANE,
} from '../../src/layout/lane-control.js';
import { PRODUCER_BELL_OFFSET } from '../../src/layout/preamble.js';
import { groupEntryIndex, laneControlIndex, laneOffset, positionIndex, wordAt } from '../../src/ring/indices.js';
import { LaneReader } from '../../src/ring/lane-reader.js';
import { LossyReader } from '../../src/ring/lossy-reader.js';
import { asBytes, Message, type MessageHandler } from '../../src/ring/message.js';
import { RecordCopy } from '../../src/ring/record-copy.js';
import { Ringer } from '../../src/ring/ringer.js';
import type { SegmentMemory } from '../../src/ring/segment-memory.js';

/** Sets a lane as if that many bytes and messages had gone through it, with all groups at its head. */
export function startLaneAt(memory: SegmentMemory, lane: number, position: number, sequence: number): void {
  const { words, geometry } = memory;
  const control = laneControlIndex(memory, lane);
  const entry = wordAt(control, HANDOVER_OFFSET);
  words[wordAt(control, HEAD_LOW_OFFSET)] = position % 2 ** 32;
  words[wordAt(control, HEAD_HIGH_OFFSET)] = Math.floor(position / 2 ** 31);
  words[wordAt(entry, HANDOVER_POSITION_OFFSET)] = position % 2 ** 32;
  words[wordAt(entry, HANDOVER_SEQUENCE_LOW_OFFSET)] = sequence % 2 ** 32;
  words[wordAt(entry, HANDOVER_SEQUENCE_HIGH_OFFSET)] = Math.floor(sequence / 2 ** 32);
  words[wordAt(entry, HANDOVER_ENTRY_LENGTH)] = NO_POSITION;
  words[wordAt(control, RESERVED_OFFSET)] = Math.ceil(position / pieceLength(memory)) % 2 ** 32;
  for (let group = 0; group < geometry.groupCount; group++) {
    words[positionIndex(memory, group, lane)] = position % 2 ** 32;
  }
}

/** An eighth of a lane, in bytes. */
export function pieceLength(memory: SegmentMemory): number {
  return memory.geometry.laneCapacity / RESERVED_PIECES_PER_LANE;
}

/** Writes a word of a lane's control block. */
export function setControl(memory: SegmentMemory, lane: number, offset: number, value: number): void {
  Atomics.store(memory.words, wordAt(laneControlIndex(memory, lane), offset), value);
}

/** Reads a word of a lane's control block, unsigned. */
export function control(memory: SegmentMemory, lane: number, offset: number): number {
  return Atomics.load(memory.words, wordAt(laneControlIndex(memory, lane), offset)) >>> 0;
}

/** Writes the state word of an entry of the group table. */
export function setGroupState(memory: SegmentMemory, group: number, state: number): void {
  Atomics.store(memory.words, groupEntryIndex(memory, group), state);
}

/** The byte of the file where a position of a lane is. */
export function offsetOf(memory: SegmentMemory, lane: number, position: number): number {
  return laneOffset(memory, lane) + (position % memory.geometry.laneCapacity);
}

/** What tests ask of a reader, whatever it is. */
export interface PollingReader {
  poll(handler: MessageHandler, limit: number): number;
  stop(): void;
}

/** A reader of a reliable group, that acknowledges as `Consumer.poll` does: also what came before an error. */
export function laneReader(memory: SegmentMemory, lane = 0, group = 0): PollingReader {
  const message = new Message(memory.bytes, memory.words, memory.times, asBytes);
  const reader = new LaneReader(memory, lane, group, message, new Ringer(memory, PRODUCER_BELL_OFFSET, () => {}));
  return {
    poll(handler, limit) {
      try {
        return reader.read(handler as MessageHandler<unknown>, limit);
      } finally {
        reader.acknowledge();
      }
    },
    stop: () => reader.stop(),
  };
}

/** A reader of a lossy group. */
export function lossyReader(memory: SegmentMemory, lane = 0, group = 0): PollingReader & { readonly lost: number } {
  const reader = new LossyReader(memory, lane, group, new RecordCopy(memory, asBytes));
  return {
    poll: (handler, limit) => reader.read(handler as MessageHandler<unknown>, limit),
    stop: () => reader.stop(),
    get lost() {
      return reader.lost;
    },
  };
}
