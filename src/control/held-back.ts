import { recordLength } from '../layout/record.js';
import { inspectParticipant } from '../membership/participant-state.js';
import { memberSlots, producerSlot } from '../membership/places.js';
import { isOccupied } from '../membership/slot.js';
import { timeNs } from '../ring/clock.js';
import { groupLag, inFlightLag } from '../ring/gate.js';
import { exactHead, headAndSequence, sequenceAt } from '../ring/head.js';
import { lastPublicationNs } from '../ring/last-publication.js';
import { lanesInUse } from '../ring/roster-word.js';
import type { SegmentMemory } from '../ring/segment-memory.js';
import { activeGroups, type GroupEntry } from '../segment/group-entries.js';
import type { Segment } from '../segment/segment.js';
import { sleeps } from '../segment/sleep-word.js';
import { type HeldBack, type HoldingMember, type HoldReason, remedyFor } from './held-back-remedy.js';

/** What a producer waits for, according to its slot and the positions. */
export type WaitsFor = 'room' | 'acknowledgement';

/** A producer that was seen to publish within these milliseconds is not held back, unless it sleeps. */
const FLOWING_MS = 1000;

/** The groups that leave no room for the largest message or, if the producer waits for acknowledgements, have not acknowledged everything; the slowest first. */
export function holdersOf(
  segment: Segment,
  lane: number,
  waitsFor: WaitsFor,
  sinceMs: number | null,
  hasMoved: (entry: GroupEntry, position: number) => boolean | undefined = () => undefined,
): HeldBack[] {
  const { memory } = segment;
  const least = waitsFor === 'room' ? roomlessLag(memory, lane) : 1;
  return reliableGroups(memory)
    .map((entry) => ({ entry, ...lagOf(memory, entry, lane) }))
    .filter(({ lagLength }) => lagLength >= least)
    .sort((one, other) => other.lagLength - one.lagLength)
    .map(({ entry, lagLength, lagCount, position }) => {
      const members = holdingMembers(segment, entry, lane, lagLength);
      const reason = reasonOf(members, hasMoved(entry, position));
      const { name: group, durable, shared } = entry;
      const what = remedyFor(segment, group, reason, members);
      return { lane, group, durable, shared, reason, members, lagLength, lagCount, sinceMs, ...what };
    });
}

/** What the owner of a lane waits for, as far as can be seen from outside: null when it seems to wait for nothing. */
export function waitsFor(segment: Segment, lane: number): WaitsFor | null {
  const { memory } = segment;
  const slot = producerSlot(segment, lane);
  const lag = slowestLag(memory, lane);
  const isFull = lag >= roomlessLag(memory, lane);
  if (isOccupied(segment, slot) && sleeps(segment.memory, slot.index))
    return isFull ? 'room' : lag > 0 ? 'acknowledgement' : null;
  if (!isFull) return null;
  const publishedMs = lastPublishedMs(segment, lane);
  const nowMs = Number(timeNs(memory.clockOffsetNs) / 1_000_000n);
  return publishedMs !== null && nowMs - publishedMs < FLOWING_MS ? null : 'room';
}

/** For each attached producer that seems to be held back, the slowest group that it waits for. */
export function heldBackIn(segment: Segment): HeldBack[] {
  const lanes = Array.from({ length: lanesInUse(segment.memory) }, (_, lane) => lane);
  return lanes.flatMap((lane) => {
    const awaited = isOccupied(segment, producerSlot(segment, lane)) ? waitsFor(segment, lane) : null;
    return awaited === null ? [] : holdersOf(segment, lane, awaited, lastPublishedMs(segment, lane)).slice(0, 1);
  });
}

/** When a full lane got its last message, in milliseconds since the Unix epoch. Null if that cannot be told. */
export function lastPublishedMs({ memory }: Segment, lane: number): number | null {
  const head = exactHead(memory, lane) | 0;
  const lag = slowestLag(memory, lane);
  const time = lag > memory.geometry.laneCapacity ? undefined : lastPublicationNs(memory, lane, (head - lag) | 0, head);
  return time === undefined ? null : Number(time / 1_000_000n);
}

/** The groups' positions in a lane, as low words. */
export function positionsIn(memory: SegmentMemory, lane: number): ReadonlyMap<string, number> {
  return new Map(reliableGroups(memory).map((entry) => [entry.name, lagOf(memory, entry, lane).position]));
}

/** The lag, in bytes, from which on there is no room for the largest message and the padding before it. */
function roomlessLag(memory: SegmentMemory, lane: number): number {
  const { laneCapacity, maxPayloadLength } = memory.geometry;
  const need = recordLength(maxPayloadLength);
  const untilEnd = laneCapacity - (exactHead(memory, lane) & (laneCapacity - 1));
  return laneCapacity - need - (need > untilEnd ? untilEnd : 0) + 1;
}

/** Bytes by which the slowest reliable group is behind head; 0 if there is none. */
export function slowestLag(memory: SegmentMemory, lane: number): number {
  const head = exactHead(memory, lane) | 0;
  const lags = reliableGroups(memory).map(({ group, shared }) => groupLag(memory, group, lane, head, shared));
  return Math.max(0, ...lags);
}

function reliableGroups(memory: SegmentMemory): GroupEntry[] {
  return activeGroups(memory).filter(({ mode }) => mode === 'reliable');
}

function lagOf(memory: SegmentMemory, { group, shared }: GroupEntry, lane: number) {
  const head = headAndSequence(memory, lane);
  const headLow = (head?.position ?? exactHead(memory, lane)) | 0;
  const lagLength = groupLag(memory, group, lane, headLow, shared);
  const position = (headLow - lagLength) | 0;
  const sequence = lagLength === 0 ? head?.sequence : sequenceAt(memory, lane, position);
  const isStill = groupLag(memory, group, lane, headLow, shared) === lagLength;
  const lagCount = isStill && head !== undefined && sequence !== undefined ? head.sequence - sequence : null;
  return { lagLength, lagCount, position };
}

function holdingMembers(segment: Segment, entry: GroupEntry, lane: number, lagLength: number): HoldingMember[] {
  const { memory } = segment;
  const headLow = exactHead(memory, lane) | 0;
  const inFlight = (member: number) =>
    entry.shared ? inFlightLag(memory, entry.group, member, lane, headLow) : lagLength;
  return memberSlots(segment, entry.group).flatMap((slot, member) => {
    const participant = inspectParticipant(segment, slot);
    return participant === undefined ? [] : [{ ...participant, holds: inFlight(member) >= lagLength }];
  });
}

/** If there are several members, only those count whose messages the producer waits for, if there are such. */
function reasonOf(members: readonly HoldingMember[], hasMoved: boolean | undefined): HoldReason {
  const holding = members.filter(({ holds }) => holds);
  const states = (holding.length > 0 ? holding : members).map(({ state }) => state);
  if (members.length === 0) return 'absent';
  if (states.every((state) => state === 'dead')) return 'dead';
  if (hasMoved === true) return 'slow';
  for (const state of ['stopped', 'writing'] as const) if (states.includes(state)) return state;
  if (states.every((state) => state === 'elsewhere' || state === 'dead')) return 'elsewhere';
  return hasMoved === false ? 'silent' : 'alive';
}
