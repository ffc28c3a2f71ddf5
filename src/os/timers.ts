import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { scheduler, setImmediate } from 'node:timers/promises';
import { onAbort } from './abort.js';

// Taken once, when Hermes is loaded: test tools replace these by timers that fire when told to, or never. The scheduler's timers
// are Node's own even then.
const [startTimeout, startInterval, endTimeout, endInterval, turnUnheld] = [
  setTimeout,
  setInterval,
  clearTimeout,
  clearInterval,
  setImmediate,
];

/** The longest time of Node's timers; a longer one would fire at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

/** Calls back once, after at most `MAX_TIMER_MS`. */
export function startTimer(callback: () => void, ms: number): NodeJS.Timeout {
  return startTimeout(callback, Math.min(ms, MAX_TIMER_MS));
}

export function stopTimer(timer: NodeJS.Timeout | undefined): void {
  endTimeout(timer);
}

/** Calls back again and again: `ms` at most `MAX_TIMER_MS`. */
export function startTicking(callback: () => void, ms: number): NodeJS.Timeout {
  return startInterval(callback, ms);
}

export function stopTicking(timer: NodeJS.Timeout | undefined): void {
  endInterval(timer);
}

const parked: Int32Array = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread. */
export function blockFor(ms: number): void {
  Atomics.wait(parked, 0, 0, ms);
}

/** Resolves after a while, at most `MAX_TIMER_MS`, or when the signal is aborted, whichever comes first. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  const ended = new AbortController();
  const forget = onAbort(signal, () => ended.abort());
  try {
    await scheduler.wait(Math.min(ms, MAX_TIMER_MS), { signal: ended.signal });
  } catch {
    // The signal came first.
  } finally {
    forget();
  }
}

/** Resolves when timers, I/O and signal handlers of the process have had their turn. If unheld, the process may end before. */
export function nextTurn(holdsProcess: boolean): Promise<void> {
  return holdsProcess ? scheduler.yield() : turnUnheld(undefined, { ref: false });
}
