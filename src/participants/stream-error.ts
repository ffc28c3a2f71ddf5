import { HermesError } from '../errors.js';

/** What a stream is destroyed with: Node takes what is falsy for no error at all, though a codec may throw it. */
export function streamError(error: unknown): Error {
  if (error) return error as Error;
  return new HermesError('ERR_HERMES_INVALID_STATE', `A codec threw ${error}: let it throw an Error`, { cause: error });
}
