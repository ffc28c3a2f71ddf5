import fs from 'node:fs';
import path from 'node:path';
import { HermesError } from '../errors.js';
import { PREAMBLE_LENGTH } from '../layout/preamble.js';
import { ByteLocks } from '../os/byte-locks.js';
import { chosenMapper } from '../os/chosen-mapper.js';
import type { MapAccess, Mapping } from '../os/mapper.js';
import { openWithoutLinks } from '../os/open-file.js';
import { checkReadable, ensureBlocks } from '../os/stores-in-place.js';
import { isMissing, withSystemErrors } from '../os/system-error.js';
import { type SegmentMemory, segmentMemory } from '../ring/segment-memory.js';
import { checkDirectory, type DirectoryOptions, type DirectoryUse, directoryPath } from './directory.js';
import { Doorbells } from './doorbells.js';
import { checkRequirements, decodeHeader, ownClockOffsetNs, type SegmentHeader } from './segment-header.js';
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
export function segmentPath(name: string, options: DirectoryOptions, use?: DirectoryUse): string {
  checkName(name, 'segment');
  const directory = directoryPath(options);
  if (!checkDirectory(directory, use)) throw notFound(name, directory);
  return path.join(directory, name);
}

/**
 * Opens a segment by name, and checks all of it before it is mapped. To look only, open it `read-only`: the right to
 * read is enough then, and locks can be probed but not taken. @throws HermesError
 */
export function openSegment(
  name: string,
  options: DirectoryOptions,
  access: MapAccess,
  use: DirectoryUse = 'take-part',
): Segment {
  const file = segmentPath(name, options, use);
  const locks = openLocks(name, file, access);
  try {
    const header = readHeader(locks, file);
    if (access === 'read-write') checkRequirements(header, file);
    const mapping = mapSameFile(file, locks, header.sections.fileLength, access);
    const shape = { ...header, clockOffsetNs: ownClockOffsetNs(header) };
    const memory = segmentMemory(mapping.buffer, shape, mapping.memory);
    const doorbells = new Doorbells(memory, path.dirname(file), { segmentId: header.segmentId, inode: locks.inode() });
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

function openLocks(name: string, file: string, access: MapAccess): ByteLocks {
  const found = withSystemErrors('look at', file, () => fs.lstatSync(file, { throwIfNoEntry: false }));
  if (found === undefined) throw notFound(name, path.dirname(file));
  try {
    return access === 'read-write' ? ByteLocks.open(file) : ByteLocks.openReadOnly(file);
  } catch (error) {
    throw isMissing(error) ? notFound(name, path.dirname(file)) : ofOther(error, file, found);
  }
}

/** Says who owns the file, if that is why it cannot be opened: the reason in most cases. */
function ofOther(error: unknown, file: string, { uid, gid, mode }: fs.Stats): unknown {
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  if (!(error instanceof HermesError) || code !== 'EACCES') return error;
  const octal = `0${(mode & 0o777).toString(8).padStart(3, '0')}`;
  const remedy = `let its owner give this user access (for a group that both are in: create it with mode 0660, or chmod 660), or use a directory of your own`;
  return new HermesError(
    error.code,
    `Could not open ${file}: EACCES; it belongs to user ${uid} and group ${gid} and has mode ${octal}, and this process is of user ${process.geteuid?.()}: ${remedy}`,
    { cause: error.cause },
  );
}

/** Reads and checks the preamble through the descriptor of the locks. */
export function readHeader(locks: ByteLocks, file: string): SegmentHeader {
  const stat = locks.stat();
  if (!stat.isFile()) {
    throw new HermesError('ERR_HERMES_CORRUPT_SEGMENT', `${file} is not a regular file, so no segment: remove it`);
  }
  return decodeHeader(locks.read(0, PREAMBLE_LENGTH), stat.size, file);
}

/**
 * True while the segment's name leads to the file that is open. What was found out about this file says nothing about another one that has
 * got its name. So hold the control lock to decide by this: nobody takes a name away from a segment without it.
 */
export function isInPlace({ path: file, locks }: Segment): boolean {
  return isNamed(file, locks);
}

/** The same for any file. */
export function isNamed(file: string, locks: ByteLocks): boolean {
  const named = withSystemErrors('look at', file, () => fs.lstatSync(file, { throwIfNoEntry: false }));
  const open = locks.stat();
  return named?.ino === open.ino && named.dev === open.dev;
}

/** Maps through a second descriptor, because a mapping would keep the locks of the first alive. */
function mapSameFile(file: string, locks: ByteLocks, length: number, access: MapAccess): Mapping {
  const mapper = chosenMapper();
  if (length > mapper.maxLength) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `${file} has ${length} bytes, and the mapper ${mapper.name} maps at most ${mapper.maxLength}: use HERMES_MAPPER=koffi`,
    );
  }
  const fd = openToMap(file, access);
  try {
    const [mapped, locked] = [fs.fstatSync(fd), locks.stat()];
    if (mapped.ino !== locked.ino || mapped.dev !== locked.dev) throw replaced(file);
    if (access === 'read-write') ensureBlocks(fd, length, file);
    else checkReadable(fd, length, file);
    return mapper.map(fd, length, access);
  } finally {
    fs.closeSync(fd);
  }
}

function openToMap(file: string, access: MapAccess): number {
  try {
    return openWithoutLinks(file, access === 'read-write' ? fs.constants.O_RDWR : fs.constants.O_RDONLY);
  } catch (error) {
    throw isMissing(error) ? replaced(file) : error;
  }
}

/** The error for a name that leads elsewhere, or nowhere, since the file was opened. */
export function replaced(file: string): HermesError {
  return new HermesError('ERR_HERMES_REMOVED', `${file} was removed or replaced while it was opened: try again`);
}

function notFound(name: string, directory: string): HermesError {
  return new HermesError(
    'ERR_HERMES_SEGMENT_NOT_FOUND',
    `There is no segment ${name} in ${directory}: start whoever creates it, create it (hermes create ${name}), or give the directory that it is in`,
  );
}
