import { performance } from 'node:perf_hooks';

// Taken once, when Hermes is loaded: test tools replace these globals with clocks that may stand still, and a wait would never end.
const now: () => number = Object.getPrototypeOf(performance).now; // from the prototype: test tools replace it in the object
const epochMs: () => number = Date.now;

/** Milliseconds of a clock that never goes back, with fractions. Only differences mean something. */
export function monotonicMs(): number {
  return now.call(performance);
}

/** The same in nanoseconds, from another zero. Allocates a BigInt, unless the call is inlined in code that cuts it to 64 bits. */
export const monotonicNs: () => bigint = process.hrtime.bigint;

/** Milliseconds since the Unix epoch, by the system's clock, which may be set and so go back. */
export function wallMs(): number {
  return epochMs();
}
