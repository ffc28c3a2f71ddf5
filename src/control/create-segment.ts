import fs from 'node:fs';
import path from 'node:path';
import { randomBytes } from '../built-ins.js';
import { monotonicNs, wallMs } from '../clock.js';
import { HermesError } from '../errors.js';
import { sectionsOf } from '../layout/geometry.js';
import { HANDOVER_ENTRY_LENGTH, HANDOVER_OFFSET, NO_POSITION } from '../layout/lane-control.js';
import { IN_FLIGHT_FROM_OFFSET } from '../layout/participant-slot.js';
import { ID_LENGTH, LAYOUT_MAJOR, LAYOUT_MINOR, READY, READY_OFFSET } from '../layout/preamble.js';
import { joinGroup } from '../membership/group-registry.js';
import { bootId, bootIdIfShown } from '../os/boot.js';
import { endsWithBoot } from '../os/file-system.js';
import { allocate, type NewFile, newFile } from '../os/new-file.js';
import { checkPlacing } from '../os/stores-in-place.js';
import { withSystemErrors } from '../os/system-error.js';
import { monotonicLeadNs } from '../os/time-namespace.js';
import { hotWordsOf } from '../ring/hot-words.js';
import { laneControlIndex, memberSlotIndex, wordAt } from '../ring/indices.js';
import type { SegmentMemory } from '../ring/segment-memory.js';
import { ensureDirectory } from '../segment/directory.js';
import { encodeHeader, ownClockOffsetNs, type SegmentHeader } from '../segment/segment-header.js';
import { checkName } from '../segment/segment-name.js';
import { type CreateOptions, resolveCreateOptions, type SegmentShape } from './create-options.js';
import { type DeclaredGroup, declaredKind, initialGroups } from './group-declaration.js';
import { finishRemoval } from './remove-segment.js';

/** How often to try: others may create and remove the name meanwhile. */
const LINK_ATTEMPTS = 10;

/** A segment that was created. */
export interface CreatedSegment {
  readonly name: string;
  readonly path: string;
  /** Bytes that it takes. */
  readonly fileLength: number;
}

/**
 * Creates a segment. All of its memory is allocated, and nobody sees the segment before it is complete. Blocks while the kernel
 * allocates it. @throws HermesError ERR_HERMES_SEGMENT_EXISTS, _NO_SPACE, _INVALID_NAME, _INVALID_OPTION, _PERMISSION, _BUSY (a
 * process that is removing the segment of that name is stopped), _SYSTEM
 */
export function createSegment(name: string, options: CreateOptions = {}): CreatedSegment {
  checkName(name, 'segment');
  const shape = resolveCreateOptions(options);
  const directory = ensureDirectory(options);
  const target = path.join(directory, name);
  const header = newHeader(shape, presentBootId(directory));
  const { fileLength } = header.sections;
  const file = newFile(directory, shape.mode);
  try {
    checkPlacing(file.fd, `The segment ${name}`);
    allocate(file.fd, fileLength, `the segment ${name}`);
    fill(file.fd, header, initialGroups(shape.groups, shape.shared), target);
    link(file, target);
  } finally {
    file.close();
  }
  return { name, path: target, fileLength };
}

/** Zeros if /proc does not show the id and the file is in memory, and so of this boot whatever its id. @throws HermesError elsewhere */
function presentBootId(directory: string): Buffer {
  return bootIdIfShown() ?? (endsWithBoot(directory) ? Buffer.alloc(ID_LENGTH) : bootId());
}

function newHeader({ geometry, checksum, timestamps }: SegmentShape, boot: Buffer): SegmentHeader {
  const createdAtNs = BigInt(wallMs()) * 1_000_000n;
  return {
    layoutMajor: LAYOUT_MAJOR,
    layoutMinor: LAYOUT_MINOR,
    required: 0,
    geometry,
    sections: sectionsOf(geometry),
    checksum,
    timestamps,
    createdAtNs,
    clockOffsetNs: createdAtNs - (monotonicNs() - monotonicLeadNs()),
    bootId: boot,
    segmentId: randomBytes(ID_LENGTH),
  };
}

/** Writes everything before the lanes, and last of all the ready word. */
function fill(fd: number, header: SegmentHeader, groups: readonly DeclaredGroup[], target: string): void {
  const control = new ArrayBuffer(header.sections.lanesOffset);
  const bytes = Buffer.from(control);
  const words = new Int32Array(control);
  const memory: SegmentMemory = {
    ...header,
    clockOffsetNs: ownClockOffsetNs(header),
    words,
    hot: hotWordsOf(words),
    bytes,
    times: new BigInt64Array(control),
  };
  encodeHeader(header).copy(bytes);
  fillControlSections(memory);
  for (const group of groups) joinGroup(memory, group.name, declaredKind(group), 'oldest');
  const ready = Buffer.alloc(4);
  ready.writeUInt32LE(READY);
  withSystemErrors('write', target, () => {
    fs.writeSync(fd, bytes, 0, bytes.length, 0);
    fs.writeSync(fd, ready, 0, ready.length, READY_OFFSET);
  });
}

/** Writes the words that do not begin as 0: unused handover entries and empty in-flight entries. */
function fillControlSections(memory: SegmentMemory): void {
  const { words, geometry } = memory;
  for (let lane = 0; lane < geometry.laneCount; lane++) {
    words[wordAt(laneControlIndex(memory, lane), HANDOVER_OFFSET + HANDOVER_ENTRY_LENGTH)] = NO_POSITION;
  }
  for (let group = 0; group < geometry.groupCount; group++) {
    for (let member = 0; member < geometry.memberCount; member++) {
      words[wordAt(memberSlotIndex(memory, group, member), IN_FLIGHT_FROM_OFFSET)] = NO_POSITION;
    }
  }
}

/** Gives the file its name. If the removal of a former segment of that name was left half-done, it is finished first. */
function link(file: NewFile, target: string): void {
  const name = path.basename(target);
  for (let attempt = 1; !file.link(target); attempt++) {
    if (attempt < LINK_ATTEMPTS && finishRemoval(name, { directory: path.dirname(target) })) continue;
    throw new HermesError(
      'ERR_HERMES_SEGMENT_EXISTS',
      `The segment ${name} exists already (${target}): attach to it, choose another name, or remove it first (hermes rm ${name})`,
    );
  }
}
