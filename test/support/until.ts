import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so; the test's time-out ends what never comes. */
export async function until(isSo: () => boolean, everyMs = 10): Promise<void> {
  while (!isSo()) await sleep(everyMs);
}
