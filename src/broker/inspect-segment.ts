import { COUNTER_ABORTED, COUNTER_BACK_PRESSURED, COUNTER_LOST } from '../layout/counters.js';
import {
  POSITION_LOW_OFFSET,
  POSITION_SEQUENCE_HIGH_OFFSET,
  POSITION_SEQUENCE_LOW_OFFSET,
} from '../layout/positions.js';
import { Counter } from '../ring/counter.js';
import { exactHead, headAndSequence, wholeSequence } from '../ring/head.js';
import { positionIndex, wordAt } from '../ring/indices.js';
import { isRemoved, lanesInUse } from '../ring/roster-word.js';
import type { DirectoryOptions } from './directory.js';
import { activeGroups, type GroupEntry, type GroupMode } from './group-registry.js';
import { attachCount, type Participant, participantIn, type Slot } from './participants.js';
import { memberSlot, producerSlot } from './roster.js';
import { isOfThisBoot, openSegment, type Segment } from './segment.js';

/** A segment as it is at one moment; what moves meanwhile may be seen at slightly different times. */
export interface SegmentInspection {
  readonly name: string;
  readonly path: string;
  /** Bytes. */
  readonly fileLength: number;
  readonly layout: string;
  readonly segmentId: string;
  /** Nanoseconds since the Unix epoch. */
  readonly createdAtNs: bigint;
  /** Created since the machine was started; otherwise nobody can attach. */
  readonly isOfThisBoot: boolean;
  readonly isRemoved: boolean;
  readonly producers: number;
  readonly groupCount: number;
  readonly members: number;
  /** Bytes of each lane. */
  readonly capacity: number;
  /** Bytes. */
  readonly maxPayload: number;
  readonly checksum: boolean;
  readonly timestamps: boolean;
  readonly lanes: readonly LaneInspection[];
  readonly groups: readonly GroupInspection[];
}

/** A lane that has, or once had, a producer. */
export interface LaneInspection {
  readonly lane: number;
  /** Bytes, never wraps. */
  readonly position: number;
  /** Messages published since the creation; null when the writer was too fast to tell. */
  readonly messages: number | null;
  readonly producer: Participant | null;
  /** How often the lane was taken by a producer. */
  readonly attachCount: number;
  /** Messages refused for want of room. */
  readonly backPressured: number;
  readonly abortedClaims: number;
}

export interface GroupInspection {
  readonly name: string;
  readonly mode: GroupMode;
  readonly shared: boolean;
  readonly durable: boolean;
  /** Nanoseconds since the Unix epoch. */
  readonly createdAtNs: bigint;
  readonly members: readonly Participant[];
  /** Lossy groups: messages that were overwritten before they were read. */
  readonly lost: number;
  /** Bytes between the group's positions and the heads, over all lanes; 0 for a lossy group. */
  readonly lagLength: number;
  /** Messages likewise, as far as they could be told. */
  readonly lagCount: number;
  /** Per lane in use; empty for a lossy group. */
  readonly positions: readonly GroupPosition[];
}

export interface GroupPosition {
  readonly lane: number;
  /** Bytes, never wraps. */
  readonly position: number;
  /** Bytes to the head. */
  readonly lagLength: number;
  /** Messages to the head. */
  readonly lagCount: number;
  /** Sequence of the next message, as far as the group has told. */
  readonly sequence: number;
}

/** Looks at a segment without taking part in it: maps it read-only. @throws HermesError ERR_HERMES_SEGMENT_NOT_FOUND and what an unusable file gives */
export function inspectSegment(name: string, options: DirectoryOptions = {}): SegmentInspection {
  const segment = openSegment(name, options, 'read-only');
  try {
    return inspect(segment);
  } finally {
    segment.close();
  }
}

function inspect(segment: Segment): SegmentInspection {
  const { header, memory } = segment;
  const { geometry } = header;
  const lanes = Array.from({ length: lanesInUse(memory) }, (_, lane) => lane);
  return {
    name: segment.name,
    path: segment.path,
    fileLength: header.sections.fileLength,
    layout: `${header.layoutMajor}.${header.layoutMinor}`,
    segmentId: header.segmentId.toString('hex'),
    createdAtNs: header.createdAtNs,
    isOfThisBoot: isOfThisBoot(header),
    isRemoved: isRemoved(memory),
    producers: geometry.laneCount,
    groupCount: geometry.groupCount,
    members: geometry.memberCount,
    capacity: geometry.laneCapacity,
    maxPayload: geometry.maxPayloadLength,
    checksum: header.checksum,
    timestamps: header.timestamps,
    lanes: lanes.map((lane) => inspectLane(segment, lane)),
    groups: activeGroups(memory).map((entry) => inspectGroup(segment, entry, lanes)),
  };
}

function inspectLane(segment: Segment, lane: number): LaneInspection {
  const slot = producerSlot(segment, lane);
  const head = headAndSequence(segment.memory, lane);
  return {
    lane,
    position: head?.position ?? exactHead(segment.memory, lane),
    messages: head?.sequence ?? null,
    producer: participantIn(segment, slot) ?? null,
    attachCount: attachCount(segment, slot),
    backPressured: counter(segment, slot, COUNTER_BACK_PRESSURED),
    abortedClaims: counter(segment, slot, COUNTER_ABORTED),
  };
}

function inspectGroup(segment: Segment, entry: GroupEntry, lanes: readonly number[]): GroupInspection {
  const { memberCount } = segment.memory.geometry;
  const slots = Array.from({ length: memberCount }, (_, member) => memberSlot(segment, entry.group, member));
  const positions = entry.mode === 'lossy' ? [] : lanes.map((lane) => groupPosition(segment, entry.group, lane));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    name: entry.name,
    mode: entry.mode,
    shared: entry.shared,
    durable: entry.durable,
    createdAtNs: entry.createdAtNs,
    members: slots.map((slot) => participantIn(segment, slot)).filter((member) => member !== undefined),
    lost: entry.mode === 'lossy' ? sum(slots.map((slot) => counter(segment, slot, COUNTER_LOST))) : 0,
    lagLength: sum(positions.map(({ lagLength }) => lagLength)),
    lagCount: sum(positions.map(({ lagCount }) => lagCount)),
    positions,
  };
}

function groupPosition(segment: Segment, group: number, lane: number): GroupPosition {
  const { memory } = segment;
  const index = positionIndex(memory, group, lane);
  const low = Atomics.load(memory.words, wordAt(index, POSITION_LOW_OFFSET)); // SYNC: consumed
  const sequence = wholeSequence(
    memory.words[wordAt(index, POSITION_SEQUENCE_HIGH_OFFSET)]!,
    memory.words[wordAt(index, POSITION_SEQUENCE_LOW_OFFSET)]!,
  );
  const head = headAndSequence(memory, lane); // after the position, so that it is not behind it
  const headPosition = head?.position ?? exactHead(memory, lane);
  const lagLength = ((headPosition | 0) - low) >>> 0;
  const lagCount = lagLength === 0 || head === undefined ? 0 : Math.max(head.sequence - sequence, 0);
  return { lane, position: headPosition - lagLength, lagLength, lagCount, sequence };
}

function counter(segment: Segment, slot: Slot, which: number): number {
  return new Counter(segment.memory.words, slot.index, which).value;
}
