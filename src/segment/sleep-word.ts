import { SLOT_SLEEP_OFFSET } from '../layout/participant-slot.js';
import { wordAt } from '../ring/indices.js';
import type { SegmentMemory } from '../ring/segment-memory.js';

/**
 * The word in a participant's slot that says whether it sleeps: a counter, odd while it does. It is counted up, not set, so that a
 * ringer that was stopped for long never takes a later sleep for the one that it wanted to end. Checked by `doorbell.pml`.
 */
export class SleepWord {
  private readonly words: Int32Array;
  private readonly index: number;
  private readonly bellIndex: number;

  /** `bellOffset`: the bell that counts participants of this kind that go to sleep. */
  constructor(memory: SegmentMemory, slotIndex: number, bellOffset: number) {
    this.words = memory.words;
    this.index = wordAt(slotIndex, SLOT_SLEEP_OFFSET);
    this.bellIndex = bellOffset >>> 2;
  }

  /** From now on the participant is rung. It must look at everything once more before it sleeps. */
  goToSleep(): void {
    const sleep = Atomics.load(this.words, this.index); // SYNC: sleep
    if (isAsleep(sleep)) return; // and nobody has rung since: the next that publishes will
    Atomics.store(this.words, this.index, (sleep + 1) | 0); // SYNC: sleep
    Atomics.add(this.words, this.bellIndex, 1); // SYNC: bell
  }

  /** Awake again, whatever woke it. Also called for a new owner, whose predecessor may have died asleep. */
  wakeUp(): void {
    const sleep = Atomics.load(this.words, this.index); // SYNC: sleep
    if (isAsleep(sleep)) Atomics.compareExchange(this.words, this.index, sleep, (sleep + 1) | 0); // SYNC: sleep
  }
}

/** Whether the owner of a slot sleeps until somebody rings: a consumer for messages, a producer for room or acknowledgements. */
export function sleeps({ words }: SegmentMemory, slotIndex: number): boolean {
  return isAsleep(Atomics.load(words, wordAt(slotIndex, SLOT_SLEEP_OFFSET))); // SYNC: sleep
}

function isAsleep(sleep: number): boolean {
  return (sleep & 1) === 1;
}

/**
 * Rings the owner of a slot if it sleeps. `write` puts a byte into its FIFO, **before** the word says that it was rung. If it cannot, it
 * returns false, and the word stays as it is, so that others still try to ring.
 */
export function ringIfAsleep(memory: SegmentMemory, slotIndex: number, write: (slotIndex: number) => boolean): void {
  const index = wordAt(slotIndex, SLOT_SLEEP_OFFSET);
  const sleep = Atomics.load(memory.words, index); // SYNC: sleep
  if (!isAsleep(sleep) || !write(slotIndex)) return;
  Atomics.compareExchange(memory.words, index, sleep, (sleep + 1) | 0); // SYNC: sleep
}
