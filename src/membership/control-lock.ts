import { monotonicMs } from '../clock.js';
import { HermesError } from '../errors.js';
import { CONTROL_LOCK_OFFSET } from '../layout/locks.js';
import { CONTROL_HOLDER_OFFSET } from '../layout/preamble.js';
import { blockFor } from '../os/timers.js';
import type { Segment } from '../segment/segment.js';

/** A thing with a control lock: a segment, or a damaged file that cannot be mapped. */
type Lockable = Pick<Segment, 'name' | 'locks'> & Partial<Pick<Segment, 'memory'>>;

/** How long a busy control lock is waited for before the caller gives up, in milliseconds. Holders keep it for microseconds. */
export const CONTROL_LOCK_TIMEOUT_MS = 2000;
const RETRY_MS = 1;

/**
 * Runs `action` while the segment's control lock is held; blocks the thread until it is granted.
 * @throws HermesError ERR_HERMES_BUSY, naming the holder, when that takes longer than `timeoutMs`
 */
export function withControlLock<T>(segment: Lockable, action: () => T, timeoutMs: number = CONTROL_LOCK_TIMEOUT_MS): T {
  const deadline = monotonicMs() + timeoutMs;
  for (let waitedMs = 0; !tryControlLock(segment); waitedMs += RETRY_MS) {
    if (waitedMs >= timeoutMs || monotonicMs() >= deadline) throw busy(segment, timeoutMs); // the time slept counts, too: a clock may stand still
    blockFor(RETRY_MS);
  }
  try {
    return action();
  } finally {
    releaseControlLock(segment);
  }
}

/** Takes the control lock if it is free, and says so in the segment. Never waits. */
export function tryControlLock({ locks, memory }: Lockable): boolean {
  if (!locks.tryLock(CONTROL_LOCK_OFFSET)) return false;
  if (memory !== undefined) Atomics.store(memory.words, CONTROL_HOLDER_OFFSET >>> 2, process.pid);
  return true;
}

export function releaseControlLock(segment: Lockable): void {
  segment.locks.unlock(CONTROL_LOCK_OFFSET);
}

function busy({ name, memory }: Lockable, timeoutMs: number): HermesError {
  const holder = memory === undefined ? '?' : Atomics.load(memory.words, CONTROL_HOLDER_OFFSET >>> 2);
  return new HermesError(
    'ERR_HERMES_BUSY',
    `The control lock of the segment ${name} was not free within ${timeoutMs} ms; process ${holder} took it last: see whether that is stopped, then try again`,
  );
}
