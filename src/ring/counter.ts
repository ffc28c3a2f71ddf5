import { COUNTER_LENGTH } from '../layout/counters.js';
import { SLOT_COUNTERS_OFFSET } from '../layout/participant-slot.js';
import { wordAt } from './indices.js';

/** A 64-bit counter in a participant slot. Only the slot's owner adds; anybody reads, as information. Allocates nothing. */
export class Counter {
  private readonly index: number;

  constructor(
    private readonly words: Int32Array,
    slotIndex: number,
    counter: number,
  ) {
    this.index = wordAt(slotIndex, SLOT_COUNTERS_OFFSET + counter * COUNTER_LENGTH);
  }

  /** Adds 0 to 2³¹ - 1. */
  add(count: number): void {
    const before = Atomics.load(this.words, this.index) >>> 0;
    const after = (before + count) >>> 0;
    if (after < before) Atomics.store(this.words, this.index + 1, Atomics.load(this.words, this.index + 1) + 1);
    Atomics.store(this.words, this.index, after);
  }

  get value(): number {
    return (Atomics.load(this.words, this.index + 1) >>> 0) * 2 ** 32 + (Atomics.load(this.words, this.index) >>> 0);
  }
}
