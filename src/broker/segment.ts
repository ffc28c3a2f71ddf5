import fs from 'node:fs';
import path from 'node:path';
import { HermesError } from '../errors.js';
import { PREAMBLE_LENGTH } from '../layout/preamble.js';
import { bootId } from '../os/boot.js';
import { ByteLocks } from '../os/byte-locks.js';
import { chosenMapper } from '../os/chosen-mapper.js';
import type { MapAccess, Mapping } from '../os/mapper.js';
import { openWithoutLinks } from '../os/open-file.js';
import { withSystemErrors } from '../os/system-error.js';
import { type SegmentMemory, segmentMemory } from '../ring/segment-memory.js';
import { checkDirectory, type DirectoryOptions, directoryPath } from './directory.js';
import { Doorbells } from './doorbells.js';
import { checkRequirements, decodeHeader, type SegmentHeader } from './segment-header.js';
import { checkName } from './segment-name.js';

/** A segment's file, open and mapped by one participant or tool, with a descriptor of its own for its locks. */
export interface Segment {
  readonly name: string;
  readonly path: string;
  readonly header: SegmentHeader;
  readonly memory: SegmentMemory;
  readonly locks: ByteLocks;
  readonly doorbells: Doorbells;
  /** Unmaps, and drops every lock; idempotent. */
  close(): void;
}

/** The path of a segment by name. @throws HermesError for a bad name or an unsafe directory */
export function segmentPath(name: string, options: DirectoryOptions): string {
  checkName(name, 'segment');
  const directory = directoryPath(options);
  if (!checkDirectory(directory)) throw notFound(name, directory);
  return path.join(directory, name);
}

/** Opens a segment by name and checks everything of it before it is mapped: whoever only looks opens it read-only. @throws HermesError */
export function openSegment(name: string, options: DirectoryOptions, access: MapAccess): Segment {
  const file = segmentPath(name, options);
  const found = withSystemErrors('look at', file, () => fs.lstatSync(file, { throwIfNoEntry: false }));
  if (found === undefined) throw notFound(name, path.dirname(file));
  const locks = ByteLocks.open(file);
  try {
    const header = readHeader(locks, file);
    if (access === 'read-write') checkRequirements(header, file);
    const mapping = mapSameFile(file, locks, header.sections.fileLength, access);
    const memory = segmentMemory(mapping.buffer, header, mapping.memory);
    const doorbells = new Doorbells(memory, path.dirname(file), header.segmentId);
    return {
      name,
      path: file,
      header,
      memory,
      locks,
      doorbells,
      close() {
        doorbells.close();
        locks.close();
        mapping.unmap();
      },
    };
  } catch (error) {
    locks.close();
    throw error;
  }
}

/** Reads and checks the preamble through the descriptor of the locks. */
export function readHeader(locks: ByteLocks, file: string): SegmentHeader {
  const stat = locks.stat();
  if (!stat.isFile()) {
    throw new HermesError('ERR_HERMES_CORRUPT_SEGMENT', `${file} is not a regular file, so no segment: remove it`);
  }
  return decodeHeader(locks.read(0, PREAMBLE_LENGTH), stat.size, file);
}

/** A segment of an earlier boot may be read and removed, but its locks and sleepers mean nothing. */
export function isOfThisBoot(header: SegmentHeader): boolean {
  return header.bootId.equals(bootId());
}

/** @throws HermesError ERR_HERMES_OTHER_BOOT */
export function checkBoot(segment: Segment): void {
  if (!isOfThisBoot(segment.header)) {
    throw new HermesError(
      'ERR_HERMES_OTHER_BOOT',
      `The segment ${segment.name} was created before the machine was started: remove it and create it again`,
    );
  }
}

/** Maps through a second descriptor, for a mapping would keep the locks of the first alive. */
function mapSameFile(file: string, locks: ByteLocks, length: number, access: MapAccess): Mapping {
  const mapper = chosenMapper();
  if (length > mapper.maxLength) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `${file} has ${length} bytes, and the mapper ${mapper.name} maps at most ${mapper.maxLength}: use HERMES_MAPPER=koffi`,
    );
  }
  const fd = openWithoutLinks(file, access === 'read-write' ? fs.constants.O_RDWR : fs.constants.O_RDONLY);
  try {
    const [mapped, locked] = [fs.fstatSync(fd), locks.stat()];
    if (mapped.ino !== locked.ino || mapped.dev !== locked.dev) {
      throw new HermesError('ERR_HERMES_REMOVED', `${file} was replaced while it was opened: try again`);
    }
    return mapper.map(fd, length, access);
  } finally {
    fs.closeSync(fd);
  }
}

function notFound(name: string, directory: string): HermesError {
  return new HermesError(
    'ERR_HERMES_SEGMENT_NOT_FOUND',
    `There is no segment ${name} in ${directory}: create it (hermes create ${name}), or give the directory that it is in`,
  );
}
