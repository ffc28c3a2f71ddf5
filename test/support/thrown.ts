import { HermesError, type HermesErrorCode } from '../../src/errors.js';

/** What an action throws: fails unless it is a HermesError. */
export function thrownBy(action: () => unknown): HermesError {
  let error: unknown;
  try {
    action();
  } catch (caught) {
    error = caught;
  }
  if (error instanceof HermesError) return error;
  throw new Error(error === undefined ? 'nothing was thrown' : 'what was thrown is no HermesError', { cause: error });
}

/** The code of the HermesError that an action throws. */
export function codeOf(action: () => unknown): HermesErrorCode {
  return thrownBy(action).code;
}
