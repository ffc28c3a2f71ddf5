import { performance } from 'node:perf_hooks';

// Taken once, when Hermes is loaded: what tests put in the place of these globals may stand still, and would end no wait.
const now: () => number = Object.getPrototypeOf(performance).now; // of the prototype: whoever replaces it, does so in the object
const epochMs: () => number = Date.now;

/** Milliseconds of a clock that never goes back, with fractions; its zero means nothing. */
export function monotonicMs(): number {
  return now.call(performance);
}

/** The same clock in nanoseconds, of another zero. Allocates a BigInt, unless the call is inlined where that is cut to 64 bits. */
export const monotonicNs: () => bigint = process.hrtime.bigint;

/** Milliseconds since the Unix epoch, by the system's clock: it may be set, and go back. */
export function wallMs(): number {
  return epochMs();
}
