import { SLOT_HEARTBEAT_OFFSET } from '../layout/participant-slot.js';
import { storeTime } from '../ring/clock.js';
import { wordAt } from '../ring/indices.js';
import type { Slot } from './participants.js';
import { reapIfNeeded } from './reap.js';
import type { Segment } from './segment.js';

/** Milliseconds: how long a death can go unnoticed while somebody whose event loop turns is attached. */
const PERIOD_MS = 250;

/**
 * What every participant does now and then while its event loop turns: says so in its slot, for people, and cleans up
 * after the dead. Keeps no process alive. Returns what stops it.
 */
export function startSlowTimer(segment: Segment, slot: Slot): () => void {
  const { memory } = segment;
  const heartbeatIndex = wordAt(slot.index, SLOT_HEARTBEAT_OFFSET) >>> 1;
  const timer = setInterval(() => {
    storeTime(memory.times, heartbeatIndex, memory.clockOffsetNs);
    reapIfNeeded(segment, slot.lockOffset);
  }, PERIOD_MS);
  timer.unref();
  return () => clearInterval(timer);
}
