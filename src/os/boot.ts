import fs from 'node:fs';
import { withSystemErrors } from './system-error.js';

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

/** The kernel's id of this boot: 16 bytes. Locks and sleepers of another boot mean nothing. */
export function bootId(): Buffer {
  const text = withSystemErrors('read', BOOT_ID_PATH, () => fs.readFileSync(BOOT_ID_PATH, 'ascii'));
  return Buffer.from(text.trim().replaceAll('-', ''), 'hex');
}
