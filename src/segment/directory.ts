import fs from 'node:fs';
import path from 'node:path';
import { checkPath, type OptionNames } from '../checks.js';
import { HermesError } from '../errors.js';
import { checkPlatform } from '../os/platform.js';
import { systemError, withSystemErrors } from '../os/system-error.js';
import { mayBeUnmapped } from '../os/user-namespace.js';

/** Where the segment is: every call that names a segment takes this. */
export interface DirectoryOptions {
  /** Default: `HERMES_DIR` of the environment, else `/dev/shm/hermes-<uid>`. */
  readonly directory?: string | undefined;
}

export const DIRECTORY_OPTIONS: OptionNames<DirectoryOptions> = { directory: true };

const ROOT_UID = 0;
const WORLD_WRITABLE = 0o002;
const GROUP_WRITABLE = 0o020;

/** The directory that the options choose, as an absolute path. Makes no system call. */
export function directoryPath(options: DirectoryOptions = {}): string {
  checkPlatform();
  const chosen = options.directory ?? process.env.HERMES_DIR;
  if (chosen !== undefined) checkPath('directory', chosen);
  return path.resolve(chosen ?? `/dev/shm/hermes-${process.getuid?.() ?? ROOT_UID}`);
}

/** A participant must trust the directory's owner. Root that only looks need not, as it could look anyway. */
export type DirectoryUse = 'take-part' | 'look';

/**
 * Checks that a directory is safe to use: a real directory, of this user or of root, that not everybody can write to. In a user
 * namespace, see `isOfOwnGroup`. Root (not that of a user namespace) may look into another user's directory. False when there is no such directory.
 * @throws HermesError ERR_HERMES_PERMISSION
 */
export function checkDirectory(directory: string, use: DirectoryUse = 'take-part'): boolean {
  const stat = withSystemErrors('look at', directory, () => fs.lstatSync(directory, { throwIfNoEntry: false }));
  if (stat === undefined) return false;
  const uid = process.getuid?.() ?? ROOT_UID;
  if (stat.isSymbolicLink()) throw unsafe(directory, 'is a symbolic link', 'give the real path');
  if (!stat.isDirectory()) throw unsafe(directory, 'is no directory', 'give a directory');
  const mayLook = use === 'look' && uid === ROOT_UID && !mayBeUnmapped(stat.uid, 'uid');
  if (stat.uid !== uid && stat.uid !== ROOT_UID && !mayLook && !isOfOwnGroup(stat)) {
    const isUnknown = mayBeUnmapped(stat.uid, 'uid');
    const owner = isUnknown ? `a user that this user namespace does not know (${stat.uid})` : `user ${stat.uid}`;
    const group = isUnknown ? ', or one that a group of yours may write to' : '';
    const look = uid === ROOT_UID ? '; root may only look at it (ls, inspect)' : '';
    throw unsafe(directory, `belongs to ${owner}, not to ${uid}`, `use one of your own, or one of root${group}${look}`);
  }
  if ((stat.mode & WORLD_WRITABLE) !== 0) {
    throw unsafe(directory, 'can be written to by everybody', 'use a directory of your own, or chmod o-w');
  }
  return true;
}

/**
 * In a user namespace that does not know root, a directory of root looks like one of any other unknown user. It is safe all the
 * same if a group of ours that the namespace knows may write to it. Only root and members of that group can have given it this group, and
 * its owner can do nothing to us that a member cannot do.
 */
function isOfOwnGroup({ uid, gid, mode }: fs.Stats): boolean {
  if (!mayBeUnmapped(uid, 'uid') || mayBeUnmapped(gid, 'gid')) return false;
  return (mode & GROUP_WRITABLE) !== 0 && (process.getgroups?.() ?? []).includes(gid);
}

/** The chosen directory, made (0700) if it is missing. @throws HermesError ERR_HERMES_PERMISSION */
export function ensureDirectory(options: DirectoryOptions): string {
  const directory = directoryPath(options);
  if (!checkDirectory(directory)) {
    makeDirectory(directory);
    checkDirectory(directory);
  }
  return directory;
}

/** Makes one level only: the directories above belong to somebody. (And `recursive` never returns where nothing can be made, as below /proc.) */
function makeDirectory(directory: string): void {
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return; // somebody else was faster
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw systemError('make', directory, code, error);
    const parent = path.dirname(directory);
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `There is no directory ${parent} to make ${directory} in: make it first, or choose another`,
    );
  }
}

function unsafe(directory: string, fault: string, remedy: string): HermesError {
  return new HermesError('ERR_HERMES_PERMISSION', `The directory ${directory} ${fault}: ${remedy}`);
}
