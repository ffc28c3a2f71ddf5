import { HermesError, type HermesErrorCode } from '../errors.js';

const CODES: Readonly<Record<string, HermesErrorCode>> = {
  ENOENT: 'ERR_HERMES_SEGMENT_NOT_FOUND',
  EEXIST: 'ERR_HERMES_SEGMENT_EXISTS',
  EACCES: 'ERR_HERMES_PERMISSION',
  EPERM: 'ERR_HERMES_PERMISSION',
  ELOOP: 'ERR_HERMES_PERMISSION',
  EROFS: 'ERR_HERMES_PERMISSION',
  ENOSPC: 'ERR_HERMES_NO_SPACE',
  EDQUOT: 'ERR_HERMES_NO_SPACE',
  EFBIG: 'ERR_HERMES_NO_SPACE',
};

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'create the segment first, or give the directory that it is in',
  EEXIST: 'attach to it, choose another name, or remove it first',
  EACCES: 'ask its owner for access, or use a directory of your own',
  EPERM: 'ask its owner for access, or use a directory of your own',
  ELOOP: 'it is a symbolic link, and Hermes follows none: give the real path',
  EROFS: 'choose a directory on a writable file system',
  ENOSPC: 'free space, enlarge the file system (containers: --shm-size), or give fewer producers or a smaller capacity',
  EDQUOT: 'free space within the quota, or give fewer producers or a smaller capacity',
  EFBIG: 'give fewer producers or a smaller capacity',
  EMFILE: 'raise the limit of open files (ulimit -n)',
  ENOMEM: 'raise the limit of address space (ulimit -v), or of mappings (vm.max_map_count)',
};

/** A failed system call as a HermesError: what was tried, on what, the errno's name, and what to do about it. */
export function systemError(action: string, subject: string, errnoName: string, cause?: unknown): HermesError {
  const remedy = REMEDIES[errnoName];
  return new HermesError(
    CODES[errnoName] ?? 'ERR_HERMES_SYSTEM',
    `Could not ${action} ${subject}: ${errnoName}${remedy === undefined ? '' : `; ${remedy}`}`,
    cause === undefined ? undefined : { cause },
  );
}

/** Runs a call of node:fs; what it throws becomes a HermesError. */
export function withSystemErrors<T>(action: string, subject: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || error instanceof HermesError) throw error;
    throw systemError(action, subject, code, error);
  }
}
