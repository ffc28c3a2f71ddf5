import { checkAmount } from '../checks.js';
import { monotonicMs } from '../clock.js';
import { HermesError, type HermesErrorCode } from '../errors.js';
import { checkSignal, throwIfAborted } from '../os/abort.js';
import { blockFor, sleep } from '../os/timers.js';

/** Errors that may pass with time: others create the segment, replace one that nobody can use, or leave. */
const PASSING: readonly HermesErrorCode[] = [
  'ERR_HERMES_SEGMENT_NOT_FOUND',
  'ERR_HERMES_REMOVED',
  'ERR_HERMES_OTHER_BOOT',
  'ERR_HERMES_NO_FREE_LANE',
  'ERR_HERMES_NO_FREE_MEMBER',
  'ERR_HERMES_NO_FREE_GROUP',
  'ERR_HERMES_BUSY',
];

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

/** Tries until it succeeds or `waitMs` are over, then throws the error of the last try. Blocks the thread. */
export function whenReady<T>(waitMs: number | undefined, attempt: () => T): T {
  const patience = new Patience(waitMs, 0);
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      blockFor(patience.pauseAfter(error));
    }
  }
}

/** Does the same without blocking. After each failed try, `onWait` gets the error that it waits out. */
export async function whenReadyAsync<T>(
  { waitMs, signal }: { readonly waitMs?: number | undefined; readonly signal?: AbortSignal | undefined },
  attempt: () => T,
  onWait: (error: HermesError) => void = () => {},
): Promise<T> {
  checkSignal(signal);
  const patience = new Patience(waitMs, Number.POSITIVE_INFINITY);
  for (;;) {
    throwIfAborted(signal);
    try {
      return attempt();
    } catch (error) {
      const pauseMs = patience.pauseAfter(error);
      onWait(error as HermesError);
      await sleep(pauseMs, signal);
    }
  }
}

/** How long to wait for the next try: short at first, because the segment may be almost there. */
class Patience {
  private readonly endMs: number;
  private leftMs: number;
  private pauseMs: number = FIRST_PAUSE_MS;

  constructor(
    private readonly waitMs: number | undefined,
    defaultMs: number,
  ) {
    if (waitMs !== undefined) checkAmount('waitMs', waitMs, 'milliseconds', 0);
    this.leftMs = waitMs ?? defaultMs;
    this.endMs = monotonicMs() + this.leftMs;
  }

  /** @throws the error itself if waiting cannot help; the error with the time waited if no time is left */
  pauseAfter(error: unknown): number {
    const isPassing = error instanceof HermesError && PASSING.includes(error.code);
    const leftMs = Math.min(this.leftMs, this.endMs - monotonicMs()); // pauses are counted as well: the clock may stand still
    if (!isPassing || leftMs <= 0) throw isPassing && this.waitMs ? this.waitedFor(error) : error;
    const pauseMs = Math.min(this.pauseMs, leftMs);
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
    this.leftMs -= pauseMs;
    return pauseMs;
  }

  private waitedFor(error: HermesError): HermesError {
    return new HermesError(error.code, `${error.message} (waited for ${this.waitMs} ms)`, { cause: error });
  }
}
