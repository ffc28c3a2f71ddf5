import { HermesError } from '../errors.js';

/** The error to destroy a stream with: a codec may throw a falsy value, which Node takes for no error. */
export function streamError(error: unknown): Error {
  if (error) return error as Error;
  return new HermesError('ERR_HERMES_INVALID_STATE', `A codec threw ${error}: let it throw an Error`, { cause: error });
}
