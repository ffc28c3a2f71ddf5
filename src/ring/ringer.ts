import type { SegmentMemory } from './segment-memory.js';

/**
 * Wakes sleepers after a store that they may wait for. A ring is one load; it does more only if somebody has gone to sleep since
 * this participant last rang. While nobody sleeps, nobody makes a system call.
 */
export class Ringer {
  private readonly words: Int32Array;
  /** The bell. */
  readonly bellIndex: number;
  /** The bell's value when this participant last rang. */
  private rung: number;

  /** `ringSleepers` wakes every participant that sleeps on this bell. It must not throw. */
  constructor(
    memory: SegmentMemory,
    bellOffset: number,
    private readonly ringSleepers: () => void,
  ) {
    this.words = memory.words;
    this.bellIndex = bellOffset >>> 2;
    this.rung = (Atomics.load(this.words, this.bellIndex) - 1) | 0; // somebody may sleep already, and we have not rung yet
  }

  /** Call it after a store that sleepers on the bell may wait for. */
  ring(): void {
    this.answer(Atomics.load(this.words, this.bellIndex)); // SYNC: bell
  }

  /** Does the same with a bell value that was loaded after the store. */
  answer(bell: number): void {
    if (bell === this.rung) return;
    this.ringSleepers();
    this.rung = bell;
  }
}
