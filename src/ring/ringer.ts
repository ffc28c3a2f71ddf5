import type { SegmentMemory } from './segment-memory.js';

/**
 * What a participant does, after a store that somebody may sleep for: one load, and more only when somebody went to sleep
 * since it rang last. While nobody sleeps, nobody makes a system call.
 */
export class Ringer {
  private readonly words: Int32Array;
  /** The bell. */
  readonly bellIndex: number;
  /** The bell when this participant rang last. */
  private rung: number;

  /** `ringSleepers` rings everybody who sleeps on this bell, and does not throw. */
  constructor(
    memory: SegmentMemory,
    bellOffset: number,
    private readonly ringSleepers: () => void,
  ) {
    this.words = memory.words;
    this.bellIndex = bellOffset >>> 2;
    this.rung = (Atomics.load(this.words, this.bellIndex) - 1) | 0; // whoever sleeps already was not rung by us
  }

  /** To be called after a store that matters to those who sleep on the bell. */
  ring(): void {
    this.answer(Atomics.load(this.words, this.bellIndex)); // SYNC: bell
  }

  /** The same, with the bell as it was loaded after the store. */
  answer(bell: number): void {
    if (bell === this.rung) return;
    this.ringSleepers();
    this.rung = bell;
  }
}
