import { types } from 'node:util';
import { HermesError } from './errors.js';

/**
 * Refuses a promise that a callback has returned: nobody would wait for it, and the callback's work would count as done.
 * Other values do not matter. @throws HermesError ERR_HERMES_INVALID_STATE, which names `callback` and the `remedy`
 */
export function refusePromise(result: unknown, callback: string, remedy: string): void {
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) return;
  const isGenerator = types.isGeneratorObject(result); // its function has not even begun
  if (!isGenerator && !isThenable(result)) return;
  // The error below says enough; a rejection that nobody handles would end the process as well.
  if (types.isPromise(result)) Promise.prototype.then.call(result, undefined, () => {});
  throw new HermesError(
    'ERR_HERMES_INVALID_STATE',
    `${callback} returned a ${isGenerator ? 'generator' : 'promise'}, which nobody waits for: ${remedy}`,
  );
}

/** The same for the value that a message handler has returned. */
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
