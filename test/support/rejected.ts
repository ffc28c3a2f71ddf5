import { HermesError, type HermesErrorCode } from '../../src/errors.js';

/** What a promise rejects with. @throws when it resolves */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error('the promise resolved instead of being rejected', { cause: value });
}

/** The code of the HermesError that a promise rejects with. */
export async function rejectionCode(promise: Promise<unknown>): Promise<HermesErrorCode> {
  const error = await rejectionOf(promise);
  if (error instanceof HermesError) return error.code;
  throw new Error('the promise was rejected with what is no HermesError', { cause: error });
}

/** True when the promise is still pending after the event loop has turned a few times, and `ms` went by. */
export async function isPending(promise: Promise<unknown>, ms = 20): Promise<boolean> {
  const pending = Symbol();
  const waited = new Promise((resolve) => setTimeout(resolve, ms, pending));
  return (await Promise.race([promise.catch(() => {}), waited])) === pending;
}
