import { basename } from 'node:path';
import { crc32 } from '../built-ins.js';
import { HermesError } from '../errors.js';
import { type Geometry, geometryFault, type Sections, sectionsOf } from '../layout/geometry.js';
import * as P from '../layout/preamble.js';
import { monotonicLeadNs } from '../os/time-namespace.js';

/** The preamble of a segment, as a value. */
export interface SegmentHeader {
  readonly layoutMajor: number;
  readonly layoutMinor: number;
  /** Bits that a participant must know. */
  readonly required: number;
  readonly geometry: Geometry;
  readonly sections: Sections;
  readonly checksum: boolean;
  readonly timestamps: boolean;
  /** Nanoseconds since the Unix epoch. */
  readonly createdAtNs: bigint;
  /** Nanoseconds from the machine's monotonic clock to the Unix epoch: see `ownClockOffsetNs`. */
  readonly clockOffsetNs: bigint;
  readonly bootId: Buffer;
  readonly segmentId: Buffer;
}

const SECTION_FIELDS: readonly (readonly [keyof Sections, number])[] = [
  ['fileLength', P.FILE_LENGTH_OFFSET],
  ['laneControlsOffset', P.LANE_CONTROLS_OFFSET_OFFSET],
  ['producerSlotsOffset', P.PRODUCER_SLOTS_OFFSET_OFFSET],
  ['memberSlotsOffset', P.MEMBER_SLOTS_OFFSET_OFFSET],
  ['groupTableOffset', P.GROUP_TABLE_OFFSET_OFFSET],
  ['positionsOffset', P.POSITIONS_OFFSET_OFFSET],
  ['lanesOffset', P.LANES_OFFSET_OFFSET],
];

const GEOMETRY_FIELDS: readonly (readonly [keyof Geometry, number])[] = [
  ['laneCount', P.LANE_COUNT_OFFSET],
  ['groupCount', P.GROUP_COUNT_OFFSET],
  ['memberCount', P.MEMBER_COUNT_OFFSET],
  ['laneCapacity', P.LANE_CAPACITY_OFFSET],
  ['maxPayloadLength', P.MAX_PAYLOAD_LENGTH_OFFSET],
];

/** The preamble page without the ready word, which is stored once everything else is in place. */
export function encodeHeader(header: SegmentHeader): Buffer {
  const page = Buffer.alloc(P.PREAMBLE_LENGTH);
  page.write(P.SEGMENT_MAGIC, P.SEGMENT_MAGIC_OFFSET, 'ascii');
  page.writeUInt32LE(header.layoutMajor, P.LAYOUT_MAJOR_OFFSET);
  page.writeUInt32LE(header.layoutMinor, P.LAYOUT_MINOR_OFFSET);
  for (const [field, offset] of GEOMETRY_FIELDS) page.writeUInt32LE(header.geometry[field], offset);
  for (const [field, offset] of SECTION_FIELDS) page.writeBigUInt64LE(BigInt(header.sections[field]), offset);
  const flags = (header.checksum ? P.FLAG_CHECKSUM : 0) | (header.timestamps ? P.FLAG_TIMESTAMPS : 0);
  page.writeUInt32LE(flags, P.FLAGS_OFFSET);
  page.writeBigInt64LE(header.createdAtNs, P.CREATED_AT_OFFSET);
  page.writeBigInt64LE(header.clockOffsetNs, P.CLOCK_OFFSET_OFFSET);
  header.bootId.copy(page, P.BOOT_ID_OFFSET);
  header.segmentId.copy(page, P.SEGMENT_ID_OFFSET);
  page.writeUInt32LE(header.required, P.REQUIRED_OFFSET);
  page.writeUInt32LE(crc32(page.subarray(0, P.PREAMBLE_CHECKSUM_OFFSET)), P.PREAMBLE_CHECKSUM_OFFSET);
  return page;
}

/**
 * Reads a preamble and believes nothing of it: `fileLength` is the file's real length.
 * @throws HermesError ERR_HERMES_CORRUPT_SEGMENT, ERR_HERMES_INCOMPATIBLE_LAYOUT
 */
export function decodeHeader(page: Buffer, fileLength: number, path: string): SegmentHeader {
  if (page.length < P.PREAMBLE_LENGTH)
    throw corrupt(path, `it has ${fileLength} bytes, less than a segment's first page`);
  if (page.toString('latin1', P.SEGMENT_MAGIC_OFFSET, P.SEGMENT_MAGIC.length) !== P.SEGMENT_MAGIC) {
    throw corrupt(path, `it does not begin with ${P.SEGMENT_MAGIC}: it is no segment`);
  }
  const layoutMajor = page.readUInt32LE(P.LAYOUT_MAJOR_OFFSET);
  const layoutMinor = page.readUInt32LE(P.LAYOUT_MINOR_OFFSET);
  if (layoutMajor !== P.LAYOUT_MAJOR) {
    const name = basename(path);
    throw new HermesError(
      'ERR_HERMES_INCOMPATIBLE_LAYOUT',
      `${path} has layout ${layoutMajor}.${layoutMinor}, this version of Hermes reads ${P.LAYOUT_MAJOR}.x: use the version that created it, or end whoever uses it, remove it (hermes rm --force ${name}, or removeSegment('${name}', { force: true })) and create it again; docs/upgrading.md says more`,
    );
  }
  if (page.readUInt32LE(P.READY_OFFSET) !== P.READY) throw corrupt(path, 'its creation was not finished');
  if (crc32(page.subarray(0, P.PREAMBLE_CHECKSUM_OFFSET)) !== page.readUInt32LE(P.PREAMBLE_CHECKSUM_OFFSET)) {
    throw corrupt(path, "its preamble does not match the preamble's checksum");
  }
  const geometry = Object.fromEntries(
    GEOMETRY_FIELDS.map(([field, offset]) => [field, page.readUInt32LE(offset)]),
  ) as unknown as Geometry;
  const fault = geometryFault(geometry);
  if (fault !== undefined) throw corrupt(path, `its geometry is impossible: ${fault}`);
  const sections = sectionsOf(geometry);
  for (const [field, offset] of SECTION_FIELDS) {
    const found = page.readBigUInt64LE(offset);
    if (found !== BigInt(sections[field]))
      throw corrupt(path, `its ${field} is ${found} instead of ${sections[field]}`);
  }
  if (fileLength !== sections.fileLength) {
    throw corrupt(path, `the file has ${fileLength} bytes instead of the ${sections.fileLength} of its geometry`);
  }
  const flags = page.readUInt32LE(P.FLAGS_OFFSET);
  return {
    layoutMajor,
    layoutMinor,
    required: page.readUInt32LE(P.REQUIRED_OFFSET),
    geometry,
    sections,
    checksum: (flags & P.FLAG_CHECKSUM) !== 0,
    timestamps: (flags & P.FLAG_TIMESTAMPS) !== 0,
    createdAtNs: page.readBigInt64LE(P.CREATED_AT_OFFSET),
    clockOffsetNs: page.readBigInt64LE(P.CLOCK_OFFSET_OFFSET),
    bootId: page.subarray(P.BOOT_ID_OFFSET, P.BOOT_ID_OFFSET + P.ID_LENGTH),
    segmentId: page.subarray(P.SEGMENT_ID_OFFSET, P.SEGMENT_ID_OFFSET + P.ID_LENGTH),
  };
}

/** Bits that a participant must know, and that this version does not know. */
export function unknownRequirements(header: SegmentHeader): number {
  return (header.required & ~P.REQUIRED_KNOWN) >>> 0;
}

/** To be called before taking part or removing. Everybody may look. @throws HermesError ERR_HERMES_INCOMPATIBLE_LAYOUT */
export function checkRequirements(header: SegmentHeader, path: string): void {
  const unknown = unknownRequirements(header);
  if (unknown === 0) return;
  const name = basename(path);
  throw new HermesError(
    'ERR_HERMES_INCOMPATIBLE_LAYOUT',
    `${path} (layout ${header.layoutMajor}.${header.layoutMinor}) requires of its participants what this version of Hermes does not know (REQUIRED 0x${unknown.toString(16)}): use the version that created it, or remove it (hermes rm --force ${name}, or removeSegment('${name}', { force: true })) and create it again; docs/upgrading.md says more`,
  );
}

/** The offset from the monotonic clock that this process sees, which in a time namespace is not the machine's. */
export function ownClockOffsetNs({ clockOffsetNs }: SegmentHeader): bigint {
  return clockOffsetNs - monotonicLeadNs();
}

function corrupt(path: string, fault: string): HermesError {
  return new HermesError(
    'ERR_HERMES_CORRUPT_SEGMENT',
    `${path} is not usable as a segment: ${fault}. Remove it (hermes rm --force) and create it again`,
  );
}
