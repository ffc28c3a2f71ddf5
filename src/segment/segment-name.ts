import { textOf } from '../checks.js';
import { HermesError } from '../errors.js';

/** The form of the names of segments and groups: at most 64 characters, and never a path. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @throws HermesError ERR_HERMES_INVALID_NAME */
export function checkName(name: string, what: 'segment' | 'group'): void {
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new HermesError(
      'ERR_HERMES_INVALID_NAME',
      `${typeof name === 'string' ? JSON.stringify(name) : textOf(name)} is no name for a ${what}: give 1 to 64 letters, digits, dots, underscores or hyphens, the first a letter or a digit`,
    );
  }
}

/** True for a file name that could be a segment's. */
export function isName(name: string): boolean {
  return NAME.test(name);
}
