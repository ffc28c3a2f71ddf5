import {
  HANDOVER_ENTRY_LENGTH,
  HANDOVER_OFFSET,
  HANDOVER_POSITION_OFFSET,
  HANDOVER_SEQUENCE_HIGH_OFFSET,
  HANDOVER_SEQUENCE_LOW_OFFSET,
  HEAD_HIGH_OFFSET,
  HEAD_LOW_OFFSET,
  RESERVED_OFFSET,
} from '../../src/layout/lane-control.js';
import {
  PADDING_TYPE,
  RECORD_CRC_OFFSET,
  RECORD_HEADER_LENGTH,
  RECORD_LENGTH_OFFSET,
  RECORD_MAGIC,
  RECORD_SEQUENCE_OFFSET,
  RECORD_TYPE_SHIFT,
  RECORD_VERSION_OFFSET,
  recordKind,
} from '../../src/layout/record.js';
import { crc32OfRecord } from '../../src/ring/crc32.js';
import { handoverEntryIndex, headAndSequence } from '../../src/ring/head.js';
import { laneControlIndex, wordAt } from '../../src/ring/indices.js';
import type { SegmentMemory } from '../../src/ring/segment-memory.js';
import { offsetOf, pieceLength, setControl } from './lane-state.js';

/**
 * Fills a lane to its end with padding and publishes that, with no message behind it. Hermes never does this, but another
 * writer may. The lane must have no writer at that time. Returns the position behind the padding.
 */
export function publishPadding(memory: SegmentMemory, lane = 0): number {
  const { words, bytes, geometry } = memory;
  const { position, sequence } = headAndSequence(memory, lane)!;
  const length = geometry.laneCapacity - (position % geometry.laneCapacity);
  const at = offsetOf(memory, lane, position) / 4;
  words.fill(0, at, wordAt(at, RECORD_HEADER_LENGTH));
  words[at] = RECORD_MAGIC;
  words[wordAt(at, RECORD_VERSION_OFFSET)] = recordKind(lane, memory.checksum) | (PADDING_TYPE << RECORD_TYPE_SHIFT);
  words[wordAt(at, RECORD_SEQUENCE_OFFSET)] = sequence;
  words[wordAt(at, RECORD_LENGTH_OFFSET)] = length - RECORD_HEADER_LENGTH;
  if (memory.checksum) words[wordAt(at, RECORD_CRC_OFFSET)] = crc32OfRecord(words, bytes, at * 4, 0);
  const end = position + length;
  const first = wordAt(laneControlIndex(memory, lane), HANDOVER_OFFSET);
  const second = wordAt(first, HANDOVER_ENTRY_LENGTH);
  const entry = handoverEntryIndex(memory, lane, position | 0) === first ? second : first;
  words[wordAt(entry, HANDOVER_POSITION_OFFSET)] = end;
  words[wordAt(entry, HANDOVER_SEQUENCE_LOW_OFFSET)] = sequence;
  words[wordAt(entry, HANDOVER_SEQUENCE_HIGH_OFFSET)] = 0;
  setControl(memory, lane, RESERVED_OFFSET, Math.ceil(end / pieceLength(memory)));
  setControl(memory, lane, HEAD_HIGH_OFFSET, Math.floor(end / 2 ** 31));
  setControl(memory, lane, HEAD_LOW_OFFSET, end);
  return end;
}
