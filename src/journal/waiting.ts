import { setTimeout as sleep } from 'node:timers/promises';

/** What a reader that follows does at the end: nobody rings a reader of a journal, so it looks again after a while. */
const FOLLOW_INTERVAL_MS = 2;

/** Resolves after a while, or at once when the signal is set off. */
export async function waitForRecords(signal: AbortSignal | undefined): Promise<void> {
  await sleep(FOLLOW_INTERVAL_MS, undefined, { signal }).catch(() => {});
}
