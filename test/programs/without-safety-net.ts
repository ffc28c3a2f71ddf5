/*
 * To be loaded before everything else (`node --import`): takes away what bounds a lost wake-up, so that it is a hang. The slow
 * timer of a participant never ticks, and whoever blocks the thread is not woken by a time-out.
 */
import { libc } from '../../src/os/libc.js';

const HANG_MS = 30_000;

// The participants' slow timer is the only interval here.
globalThis.setInterval = (() => ({ ref() {}, unref: () => undefined, [Symbol.toPrimitive]: () => 0 })) as never;

const calls = libc();
const { poll } = calls;
calls.poll = (pollfds, count) => {
  const ready = poll(pollfds, count, HANG_MS);
  if (ready === 0) process.exit(3); // whoever started this has found the hang before, or is gone
  return ready;
};
