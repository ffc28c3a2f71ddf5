/** Node's permission model (`--permission`) answers with this code what the process has no right to. */
export const ACCESS_DENIED = 'ERR_ACCESS_DENIED';

/** The flags that give what an error says is missing. */
const FLAGS: Readonly<Record<string, string>> = {
  FileSystemRead: '--allow-fs-read',
  FileSystemWrite: '--allow-fs-write',
  Net: '--allow-net',
};

/** What to do about such an error. */
export function deniedRemedy(error: unknown): string {
  const { permission = '', message } = (error ?? {}) as { permission?: string; message?: string };
  const flag = FLAGS[permission];
  return `Node's permission model refuses it: ${flag === undefined ? message : `run Node with ${flag} for it`}`;
}

/** What to do about an addon that was not loaded, if it is the permission model, or a flag, that refused it. */
export function addonRemedy(error: unknown): string | undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_DLOPEN_DISABLED') return undefined;
  return 'run Node with --allow-addons, and without --no-addons';
}
