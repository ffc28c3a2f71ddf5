import { types } from 'node:util';
import { HermesError } from './errors.js';

/**
 * Refuses a promise that a callback has returned: nobody waits for it, and what the callback was called for would count as done.
 * Other values are of no account. @throws HermesError ERR_HERMES_INVALID_STATE, which names `callback` and the `remedy`
 */
export function refusePromise(result: unknown, callback: string, remedy: string): void {
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) return;
  const isGenerator = types.isGeneratorObject(result); // its function has not even begun
  if (!isGenerator && !isThenable(result)) return;
  // The error below tells; a rejection that nobody handles would end the process beside it.
  if (types.isPromise(result)) Promise.prototype.then.call(result, undefined, () => {});
  throw new HermesError(
    'ERR_HERMES_INVALID_STATE',
    `${callback} returned a ${isGenerator ? 'generator' : 'promise'}, which nobody waits for: ${remedy}`,
  );
}

/** The same for what a message handler has returned. */
export function refuseHandlersPromise(result: unknown): void {
  refusePromise(
    result,
    'The handler of a message',
    'give one that is done when it returns, or iterate with for await; the message comes again',
  );
}

function isThenable(result: object): boolean {
  return typeof (result as { readonly then?: unknown }).then === 'function';
}
