import { onTestFinished } from 'vitest';

/** More calls than go into the milliseconds that a loop may take from the event loop: a caller that makes this many starves it. */
const MOST_CALLS = 3_000_000;
/** Of a timer, after which the event loop is said to turn. */
const TICKS = 4;

/** Calls again and again until a timer has fired a few times meanwhile. @throws when it starves */
export async function untilTimerFires(call: (count: number) => Promise<unknown>): Promise<void> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  onTestFinished(() => clearInterval(timer));
  for (let count = 0; ticks < TICKS; count++) {
    if (count === MOST_CALLS) throw new Error(`the timer has not fired within ${count} calls`);
    await call(count);
  }
}

/** Calls again and again until it rejects: with what. @throws when it does not */
export async function untilRejected(call: (count: number) => Promise<unknown>): Promise<unknown> {
  for (let count = 0; count < MOST_CALLS; count++) {
    try {
      await call(count);
    } catch (error) {
      return error;
    }
  }
  throw new Error(`it has not ended within ${MOST_CALLS} calls`);
}
