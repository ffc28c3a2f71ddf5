import fs from 'node:fs';
import os from 'node:os';
import { monotonicNs } from '../clock.js';
import { HermesError } from '../errors.js';
import { withSystemErrors } from './system-error.js';

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';
const BOOT_ID = /^[0-9a-f]{32}$/;

/**
 * The kernel's id of this boot: 16 bytes. A container may be shown another id than its host, so it is a hint: a kernel lock that is
 * held proves more. @throws HermesError ERR_HERMES_SYSTEM where /proc does not show it (`subset=pid`), or is not mounted
 */
export function bootId(): Buffer {
  const text = withSystemErrors('read the id of this boot from', BOOT_ID_PATH, () =>
    fs.readFileSync(BOOT_ID_PATH, 'ascii'),
  );
  const digits = text.trim().replaceAll('-', '');
  if (BOOT_ID.test(digits)) return Buffer.from(digits, 'hex');
  throw new HermesError('ERR_HERMES_SYSTEM', `${BOOT_ID_PATH} holds ${JSON.stringify(text)}, which is no UUID`);
}

/** The same, or undefined: for callers that can do without it. */
export function bootIdIfShown(): Buffer | undefined {
  try {
    return bootId();
  } catch {
    return undefined;
  }
}

/**
 * Milliseconds since the machine was started, by no clock that can be set. Both sources may give too little (a
 * container's /proc, the time asleep), and neither gives too much.
 */
export function sinceBootMs(): number {
  return Math.max(os.uptime() * 1000, Number(monotonicNs() / 1_000_000n));
}
