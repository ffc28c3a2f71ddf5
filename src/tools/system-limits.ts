/** Limits of the system that every command may reach: what is missing, and what to do about it. */
const LIMITS: Readonly<Record<string, string>> = {
  EMFILE: 'this process may not open more files: raise its limit (ulimit -n)',
  ENFILE: 'the system may not open more files: raise its limit (sysctl fs.file-max), or end what holds many open',
  ENOMEM: 'there is no more memory for this process: raise its limit (ulimit -v, or that of its container)',
  EAGAIN: 'no more processes or threads may be started: raise the limit (ulimit -u, or that of the container)',
  ENOSPC: 'there is no more room: free space, or raise the limit (file system, quota, inotify watches)',
};

/** How V8 and WebAssembly say that there is no memory, without a code. */
const OUT_OF_MEMORY = /could not allocate memory|Array buffer allocation failed|Out of memory/i;

/** Says what is missing, if a limit of the system has caused this error. Undefined for any other error. */
export function limitText(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const name = OUT_OF_MEMORY.test(message) ? 'ENOMEM' : (code.match(/^E[A-Z]+$/)?.[0] ?? errnoIn(message));
    if (name !== undefined && Object.hasOwn(LIMITS, name)) return `${name}: ${LIMITS[name]}`;
  }
  return undefined;
}

/** Loaders of native code pass on what the system said, but only as text. */
function errnoIn(message: string): string | undefined {
  const found = /\bE(?:MFILE|NFILE|NOMEM|AGAIN)\b/.exec(message)?.[0];
  if (found !== undefined) return found;
  if (/too many open files in system/i.test(message)) return 'ENFILE';
  if (/too many open files/i.test(message)) return 'EMFILE';
  return /cannot allocate memory|failed to map segment from shared object/i.test(message) ? 'ENOMEM' : undefined;
}
