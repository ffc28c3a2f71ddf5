import fs from 'node:fs';
import { withSystemErrors } from './system-error.js';

/** Opens a file by a name that is not a link (O_CLOEXEC, as Node always does). The descriptor. @throws HermesError */
export function openWithoutLinks(path: string, flags: number): number {
  return withSystemErrors('open', path, () =>
    fs.openSync(path, flags | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK),
  );
}
