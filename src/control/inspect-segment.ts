import path from 'node:path';
import { checkKnown } from '../checks.js';
import { COUNTER_ABORTED, COUNTER_BACK_PRESSURED, COUNTER_LOST, COUNTER_REDELIVERED } from '../layout/counters.js';
import { POSITION_LOW_OFFSET } from '../layout/positions.js';
import { inspectParticipant, type ParticipantInspection } from '../membership/participant-state.js';
import { memberSlots, producerSlot } from '../membership/places.js';
import { bootOf } from '../membership/segment-boot.js';
import { attachCount, type Slot } from '../membership/slot.js';
import { Counter } from '../ring/counter.js';
import { exactHead, headAndSequence, sequenceAt } from '../ring/head.js';
import { InFlight } from '../ring/in-flight.js';
import { positionIndex, wordAt } from '../ring/indices.js';
import { isRemoved, lanesInUse } from '../ring/roster-word.js';
import { DIRECTORY_OPTIONS, type DirectoryOptions } from '../segment/directory.js';
import { activeGroups, type GroupEntry, type GroupMode } from '../segment/group-entries.js';
import { openSegment, type Segment } from '../segment/segment.js';
import { unknownRequirements } from '../segment/segment-header.js';
import { coordinatorStatus, type SegmentStatus } from './coordinator-lock.js';
import { fixedFacts } from './fixed-facts.js';
import { holdersOf, lastPublishedMs, type WaitsFor, waitsFor } from './held-back.js';
import type { HeldBack } from './held-back-remedy.js';

/** A segment at one moment, as an object that JSON can write. Values that change meanwhile may be from slightly different times. */
export interface SegmentInspection {
  readonly name: string;
  readonly path: string;
  /** Bytes. */
  readonly fileLength: number;
  readonly layout: string;
  readonly segmentId: string;
  /** Nanoseconds since the Unix epoch, in decimal. */
  readonly createdAtNs: string;
  /** False when, as far as one can tell, it was created before the machine was started and nobody is attached. Then nobody can attach. */
  readonly isOfThisBoot: boolean;
  readonly isRemoved: boolean;
  /** Bits of REQUIRED that this version does not know. If this is not 0, this version can look at the segment but not take part. */
  readonly unknownRequirements: number;
  readonly producers: number;
  /** The most groups. */
  readonly maxGroups: number;
  readonly members: number;
  /** Bytes of each lane. */
  readonly capacity: number;
  /** Bytes. */
  readonly maxPayload: number;
  readonly checksum: boolean;
  readonly timestamps: boolean;
  readonly lanes: readonly LaneInspection[];
  readonly groups: readonly GroupInspection[];
  /** What the directory's coordinator knows about it; null when none is running, or when it does not know the segment. */
  readonly coordinator: ({ readonly pid: number } & SegmentStatus) | null;
}

/** A lane that has, or once had, a producer. */
export interface LaneInspection {
  readonly lane: number;
  /** Bytes, never wraps. */
  readonly position: number;
  /** Messages published since the creation; null when the writer was too fast to tell. */
  readonly messages: number | null;
  readonly producer: ParticipantInspection | null;
  /** How often the lane was taken by a producer. */
  readonly attachCount: number;
  /** Messages refused for want of room. */
  readonly backPressured: number;
  readonly abortedClaims: number;
  /**
   * What its producer, or the next one, waits for. Room: it sleeps in `send`, or has published nothing for a second while there is no
   * room for the largest message. Acknowledgements: it sleeps in `flush`. Null: it waits for nothing.
   */
  readonly waitsFor: WaitsFor | null;
  /** The groups that it waits for, the slowest first. */
  readonly heldBackBy: readonly HeldBack[];
}

export interface GroupInspection {
  readonly name: string;
  readonly mode: GroupMode;
  readonly shared: boolean;
  readonly durable: boolean;
  /** Nanoseconds since the Unix epoch, in decimal. */
  readonly createdAtNs: string;
  readonly members: readonly MemberInspection[];
  /** Batches that dead members have left; a living member must handle them. */
  readonly orphanCount: number;
  /** Shared groups: messages that were handed out again. */
  readonly redelivered: number;
  /** Lossy groups: messages that were overwritten before they were read. */
  readonly lost: number;
  /** Bytes between the group's positions and the heads, summed over all lanes; 0 for a lossy group. */
  readonly lagLength: number;
  /** The same in messages; null when they moved too fast to tell. */
  readonly lagCount: number | null;
  /** Per lane in use; empty for a lossy group. */
  readonly positions: readonly GroupPosition[];
}

export interface MemberInspection extends ParticipantInspection {
  readonly member: number;
}

export interface GroupPosition {
  readonly lane: number;
  /** Bytes, never wraps. */
  readonly position: number;
  /** Bytes to the head. */
  readonly lagLength: number;
  /** Messages to the head; null when both moved too fast to tell. */
  readonly lagCount: number | null;
}

/**
 * Looks at a segment without taking part in it. Maps it read-only, and needs only the right to read it. Root may look into the directory
 * of another user. @throws HermesError ERR_HERMES_SEGMENT_NOT_FOUND and what an unusable file gives
 */
export function inspectSegment(name: string, options: DirectoryOptions = {}): SegmentInspection {
  return inspectAgain(undefined, name, options);
}

/** The same, and also tells which groups have moved since an earlier look. @throws as `inspectSegment` */
export function inspectAgain(
  earlier: SegmentInspection | undefined,
  name: string,
  options: DirectoryOptions,
): SegmentInspection {
  checkKnown('inspectSegment', options, DIRECTORY_OPTIONS);
  const segment = openSegment(name, options, 'read-only', 'look');
  try {
    return inspect(segment, earlier);
  } finally {
    segment.close();
  }
}

function inspect(segment: Segment, earlier: SegmentInspection | undefined): SegmentInspection {
  const { header, memory } = segment;
  const lanes = Array.from({ length: lanesInUse(memory) }, (_, lane) => lane);
  return {
    name: segment.name,
    path: segment.path,
    fileLength: header.sections.fileLength,
    layout: `${header.layoutMajor}.${header.layoutMinor}`,
    segmentId: header.segmentId.toString('hex'),
    createdAtNs: `${header.createdAtNs}`,
    isOfThisBoot: bootOf(segment) !== 'other',
    isRemoved: isRemoved(memory),
    unknownRequirements: unknownRequirements(header),
    ...fixedFacts(header),
    lanes: lanes.map((lane) => inspectLane(segment, lane, earlier)),
    groups: activeGroups(memory).map((entry) => inspectGroup(segment, entry, lanes)),
    coordinator: inspectCoordinator(segment),
  };
}

function inspectLane(segment: Segment, lane: number, earlier: SegmentInspection | undefined): LaneInspection {
  const slot = producerSlot(segment, lane);
  const head = headAndSequence(segment.memory, lane);
  const awaited = waitsFor(segment, lane);
  /** By what a group had not acknowledged, and had ahead of it, at the earlier look. */
  const hasMoved = ({ name }: GroupEntry, position: number) => {
    const before = earlier?.lanes[lane]?.heldBackBy.find(({ group }) => group === name);
    const beforeHead = earlier?.lanes[lane]?.position;
    if (before === undefined || beforeHead === undefined) return undefined;
    return ((beforeHead - before.lagLength) | 0) !== position;
  };
  return {
    lane,
    position: head?.position ?? exactHead(segment.memory, lane),
    messages: head?.sequence ?? null,
    producer: inspectParticipant(segment, slot) ?? null,
    attachCount: attachCount(segment, slot),
    backPressured: counter(segment, slot, COUNTER_BACK_PRESSURED),
    abortedClaims: counter(segment, slot, COUNTER_ABORTED),
    waitsFor: awaited,
    heldBackBy: awaited === null ? [] : holdersOf(segment, lane, awaited, lastPublishedMs(segment, lane), hasMoved),
  };
}

function inspectGroup(segment: Segment, entry: GroupEntry, lanes: readonly number[]): GroupInspection {
  const slots = memberSlots(segment, entry.group);
  const members = slots.flatMap((slot, member) => {
    const participant = inspectParticipant(segment, slot);
    return participant === undefined ? [] : [{ member, ...participant }];
  });
  const orphans = members.filter(
    ({ member, alive }) => !alive && new InFlight(segment.memory, entry.group, member).pending() !== undefined,
  );
  const positions = entry.mode === 'lossy' ? [] : lanes.map((lane) => groupPosition(segment, entry.group, lane));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    name: entry.name,
    mode: entry.mode,
    shared: entry.shared,
    durable: entry.durable,
    createdAtNs: `${entry.createdAtNs}`,
    members,
    orphanCount: entry.shared ? orphans.length : 0,
    redelivered: sum(slots.map((slot) => counter(segment, slot, COUNTER_REDELIVERED))),
    lost: entry.mode === 'lossy' ? sum(slots.map((slot) => counter(segment, slot, COUNTER_LOST))) : 0,
    lagLength: sum(positions.map(({ lagLength }) => lagLength)),
    lagCount: positions.some(({ lagCount }) => lagCount === null)
      ? null
      : sum(positions.map(({ lagCount }) => lagCount ?? 0)),
    positions,
  };
}

/** The group may go on meanwhile: then the answer is of one moment or the other. */
function groupPosition(segment: Segment, group: number, lane: number): GroupPosition {
  const { memory } = segment;
  const lowIndex = wordAt(positionIndex(memory, group, lane), POSITION_LOW_OFFSET);
  const low = Atomics.load(memory.words, lowIndex); // SYNC: consumed, taken
  const head = headAndSequence(memory, lane); // after the position, so that it is not behind it
  const headPosition = head?.position ?? exactHead(memory, lane);
  const lagLength = ((headPosition | 0) - low) >>> 0;
  const sequence = lagLength === 0 ? head?.sequence : sequenceAt(memory, lane, low);
  const isStill = Atomics.load(memory.words, lowIndex) === low; // SYNC: consumed, taken
  const lagCount = isStill && head !== undefined && sequence !== undefined ? head.sequence - sequence : null;
  return { lane, position: headPosition - lagLength, lagLength, lagCount };
}

function inspectCoordinator(segment: Segment): SegmentInspection['coordinator'] {
  const status = coordinatorStatus(path.dirname(segment.path));
  const segments = new Map(Object.entries(status?.segments ?? {})); // a name may be one that every object has
  const known = segments.get(segment.name);
  return status == null || known === undefined ? null : { pid: status.pid, ...known };
}

function counter(segment: Segment, slot: Slot, which: number): number {
  return new Counter(segment.memory.words, slot.index, which).value;
}
