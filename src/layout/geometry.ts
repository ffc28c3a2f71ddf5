import { GROUP_ENTRY_LENGTH } from './group-table.js';
import { LANE_CONTROL_LENGTH } from './lane-control.js';
import { PARTICIPANT_SLOT_LENGTH } from './participant-slot.js';
import { POSITION_LENGTH } from './positions.js';
import { PREAMBLE_LENGTH } from './preamble.js';

/** The sizes of a segment; they fix every offset in the file. */
export interface Geometry {
  /** Lanes, and so the most producers at one time: 1–256. */
  readonly laneCount: number;
  /** Groups: 1–64. */
  readonly groupCount: number;
  /** Members per group: 1–64. */
  readonly memberCount: number;
  /** Bytes of each lane: a power of two, 64 KiB – 1 GiB. */
  readonly laneCapacity: number;
  /** Bytes: 0 to a quarter of a lane. */
  readonly maxPayloadLength: number;
}

/** Where each section starts, in bytes from the start of the file. Sections and lanes start on pages. */
export interface Sections {
  readonly laneControlsOffset: number;
  readonly producerSlotsOffset: number;
  readonly memberSlotsOffset: number;
  readonly groupTableOffset: number;
  readonly positionsOffset: number;
  readonly lanesOffset: number;
  readonly fileLength: number;
}

export const MAX_LANES = 256;
export const MAX_GROUPS = 64;
export const MAX_MEMBERS = 64;
export const MIN_LANE_CAPACITY: number = 64 * 1024;
export const MAX_LANE_CAPACITY: number = 1024 ** 3;
/** One mapping holds the whole file, and a WebAssembly memory, which backs it, ends at 4 GiB. */
export const MAX_FILE_LENGTH: number = 4 * 1024 ** 3;

/** The largest payload that a lane of this capacity carries: a record takes at most a quarter of its lane. */
export function largestPayloadLength(laneCapacity: number): number {
  return laneCapacity / 4;
}

const PAGE_LENGTH = 4096;

function pages(length: number): number {
  return Math.ceil(length / PAGE_LENGTH) * PAGE_LENGTH;
}

/** Lays the sections out one after the other. The geometry must be valid. */
export function sectionsOf(geometry: Geometry): Sections {
  const { laneCount, groupCount, memberCount, laneCapacity } = geometry;
  const laneControlsOffset = PREAMBLE_LENGTH;
  const producerSlotsOffset = laneControlsOffset + pages(laneCount * LANE_CONTROL_LENGTH);
  const memberSlotsOffset = producerSlotsOffset + pages(laneCount * PARTICIPANT_SLOT_LENGTH);
  const groupTableOffset = memberSlotsOffset + pages(groupCount * memberCount * PARTICIPANT_SLOT_LENGTH);
  const positionsOffset = groupTableOffset + pages(groupCount * GROUP_ENTRY_LENGTH);
  const lanesOffset = positionsOffset + pages(groupCount * laneCount * POSITION_LENGTH);
  const fileLength = lanesOffset + laneCount * laneCapacity;
  return {
    laneControlsOffset,
    producerSlotsOffset,
    memberSlotsOffset,
    groupTableOffset,
    positionsOffset,
    lanesOffset,
    fileLength,
  };
}

/** Says what is wrong with a geometry, or undefined. */
export function geometryFault(geometry: Geometry): string | undefined {
  const { laneCount, groupCount, memberCount, laneCapacity, maxPayloadLength } = geometry;
  const inRange = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!inRange(laneCount, 1, MAX_LANES)) return `producers is ${laneCount}: give a whole number from 1 to ${MAX_LANES}`;
  if (!inRange(groupCount, 1, MAX_GROUPS))
    return `maxGroups is ${groupCount}: give a whole number from 1 to ${MAX_GROUPS}`;
  if (!inRange(memberCount, 1, MAX_MEMBERS))
    return `members is ${memberCount}: give a whole number from 1 to ${MAX_MEMBERS}`;
  if (!inRange(Math.log2(laneCapacity), Math.log2(MIN_LANE_CAPACITY), Math.log2(MAX_LANE_CAPACITY))) {
    return `capacity is ${laneCapacity}: give a power of two from ${MIN_LANE_CAPACITY} (64 KiB) to ${MAX_LANE_CAPACITY} bytes (1 GiB)`;
  }
  const largest = largestPayloadLength(laneCapacity);
  if (!inRange(maxPayloadLength, 0, largest)) {
    return `maxPayload is ${maxPayloadLength}: give a whole number from 0 to ${largest} bytes, a quarter of the lane's capacity, or a larger capacity`;
  }
  const { fileLength } = sectionsOf(geometry);
  if (fileLength > MAX_FILE_LENGTH) {
    return `the segment would take ${sizeText(fileLength)} (producers ${laneCount}, each with a lane of capacity ${sizeText(laneCapacity)}), and may take ${sizeText(MAX_FILE_LENGTH)}: it is ${fileLength} bytes, more than ${MAX_FILE_LENGTH}; give fewer producers or a smaller capacity`;
  }
  return undefined;
}

/** Formats a length, as `8 GiB` or `32 MiB`. */
function sizeText(length: number): string {
  const [unit, factor] =
    length >= 1024 ** 3 ? ['GiB', 1024 ** 3] : length >= 1024 ** 2 ? ['MiB', 1024 ** 2] : ['KiB', 1024];
  return `${Number((length / Number(factor)).toFixed(3))} ${unit}`;
}
