import { HermesError, type HermesErrorCode } from '../errors.js';

/** Node's permission model (`--permission`) refuses with this code. */
const ACCESS_DENIED = 'ERR_ACCESS_DENIED';

/**
 * What an errno means for every system call. If something is missing or there already, the caller says so, because it knows what that
 * is: a segment, a journal, or a part of the system.
 */
const CODES: Readonly<Record<string, HermesErrorCode>> = {
  EACCES: 'ERR_HERMES_PERMISSION',
  EPERM: 'ERR_HERMES_PERMISSION',
  ELOOP: 'ERR_HERMES_PERMISSION',
  EROFS: 'ERR_HERMES_PERMISSION',
  ENOSPC: 'ERR_HERMES_NO_SPACE',
  EDQUOT: 'ERR_HERMES_NO_SPACE',
  EFBIG: 'ERR_HERMES_NO_SPACE',
  [ACCESS_DENIED]: 'ERR_HERMES_PERMISSION',
};

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'it, or a directory on the way to it, is missing: see whether it was removed, or is not mounted here',
  EEXIST: 'something has this name already: move it away',
  EACCES: 'ask its owner for access, or use a directory of your own',
  EPERM: 'ask its owner for access, or use a directory of your own',
  ELOOP: 'it is a symbolic link, and Hermes follows none: give the real path',
  EROFS: 'choose a directory on a writable file system',
  ENOSPC: 'free space, enlarge the file system (containers: --shm-size), or give fewer producers or a smaller capacity',
  EDQUOT: 'free space within the quota, or give fewer producers or a smaller capacity',
  EFBIG: 'raise the limit of file sizes (ulimit -f), or give fewer producers or a smaller capacity',
  EISDIR: 'a directory has its name: move it away',
  EINTR: 'signals come faster than it can be done: see what sends them (a profiler, an interval timer)',
  EMFILE: 'raise the limit of open files (ulimit -n)',
  ENOMEM: 'raise the limit of address space (ulimit -v), or of mappings (vm.max_map_count)',
};

/** The flags that give the right that an error says is missing. */
const FLAGS: Readonly<Record<string, string>> = {
  FileSystemRead: '--allow-fs-read',
  FileSystemWrite: '--allow-fs-write',
  Net: '--allow-net',
};

/** A failed system call as a HermesError: what was tried, on what, the errno's name, and what to do about it. */
export function systemError(action: string, subject: string, errnoName: string, cause?: unknown): HermesError {
  const remedy = errnoName === ACCESS_DENIED ? deniedRemedy(cause) : REMEDIES[errnoName];
  return new HermesError(
    CODES[errnoName] ?? 'ERR_HERMES_SYSTEM',
    `Could not ${action} ${subject}: ${errnoName}${remedy === undefined ? '' : `; ${remedy}`}`,
    cause === undefined ? undefined : { cause },
  );
}

/** Runs a call of node:fs, and turns its error into a HermesError. */
export function withSystemErrors<T>(action: string, subject: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || error instanceof HermesError) throw error;
    throw systemError(action, subject, code, error);
  }
}

/** True for what `withSystemErrors` throws where the file, or its directory, is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof HermesError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

/** What `open` returns; undefined when what it opens is not there. @throws what `open` throws for other reasons */
export function unlessMissing<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What to do when the permission model refuses something. */
function deniedRemedy(error: unknown): string {
  const { permission = '', message } = (error ?? {}) as { permission?: string; message?: string };
  const flag = FLAGS[permission];
  return `Node's permission model refuses it: ${flag === undefined ? message : `run Node with ${flag} for it`}`;
}

/** What to do about an addon that was not loaded, if the permission model or a flag refused it. */
export function addonRemedy(error: unknown): string | undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_DLOPEN_DISABLED') return undefined;
  return 'run Node with --allow-addons, and without --no-addons';
}
