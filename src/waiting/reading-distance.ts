import { monotonicMs } from '../clock.js';

/** Messages: a reader that finds fewer has caught up with its writer. */
const SHORT_BATCH = 32;
/** The most looks without a message between two batches of one stream. */
const MAX_EMPTY_LOOKS = 8;
/** Nanoseconds: a distance begins with this, and doubles while batches stay short. */
const LEAST_NS = 225;
/** Nanoseconds for each message that a pause has to bring. A slower stream is not slowed by its reader, and gains nothing. */
const NS_PER_MESSAGE = 125;
/** Short batches without a pause after one that brought too little; twice as many each time, up to the most. */
const FIRST_REST = 16;
const MOST_REST = 4096;

/**
 * Keeps a reader some cache lines behind its writer. A reader that is faster than its writer fetches each line while it is being written,
 * and slows the writer down to its own pace. So it pauses after a short batch of a stream, before it looks again. It does not after a
 * silence, nor where a pause brings too little: a message that comes alone, at a pace or as an answer finds a reader that looks.
 */
export class ReadingDistance {
  private emptyLooks = 0;
  private ns = 0;
  /** Messages that the last pause has to bring; 0 when there was none. */
  private wanted = 0;
  /** Short batches that go without a pause: how many are left, and how many there were. */
  private left = 0;
  private rest = FIRST_REST;

  /**
   * @param mostNs nanoseconds of the longest pause; 0: there is none
   * @param hasMore whether there is something to read, after a pause
   */
  constructor(
    private readonly mostNs: number,
    private readonly hasMore: () => boolean,
    private readonly pause: (ns: number) => void = pauseFor,
  ) {}

  /** To be called after a look that found nothing. */
  noteNothing(): void {
    if (this.emptyLooks <= MAX_EMPTY_LOOKS) this.emptyLooks++;
  }

  /** To be called after `count` messages, of at most `limit`, were read and acknowledged. Blocks for at most about `mostNs`. */
  keep(count: number, limit: number): void {
    if (this.wanted > 0) this.judge(count);
    const isStream = this.emptyLooks <= MAX_EMPTY_LOOKS;
    this.emptyLooks = 0;
    if (!isStream || count >= SHORT_BATCH || count === limit || this.mostNs === 0) {
      this.ns >>= 1;
    } else if (this.left > 0) {
      this.left--;
    } else {
      this.ns = Math.min(this.ns < LEAST_NS ? LEAST_NS : this.ns * 2, this.mostNs);
      this.wanted = Math.max(2, (this.ns / NS_PER_MESSAGE) | 0);
      this.pause(this.ns);
      if (!this.hasMore()) this.judge(0); // nobody was writing: it may be for this thread to write
    }
  }

  /** Rests if the last pause brought too little. */
  private judge(count: number): void {
    const isEnough = count >= this.wanted;
    this.wanted = 0;
    if (isEnough) {
      this.rest = FIRST_REST;
      return;
    }
    this.ns = 0;
    this.left = this.rest;
    this.rest = Math.min(this.rest * 2, MOST_REST);
  }
}

/** One pause in 256 is timed: a look at the clock allocates, and costs as much as a short pause. */
const TIMED_MASK = 255;

const pause: (() => void) | undefined = (Atomics as { readonly pause?: () => void }).pause;

/** How many rounds a nanosecond takes. It changes when V8 compiles the loop. */
let roundsPerNs = 0.02;
let pauses = 0;
let sum = 0;

/** Keeps the thread busy, without a system call. */
function pauseFor(ns: number): void {
  const rounds = Math.ceil(ns * roundsPerNs);
  if ((pauses++ & TIMED_MASK) !== 0) {
    spin(rounds);
    return;
  }
  const startMs = monotonicMs();
  spin(rounds);
  const tookNs = (monotonicMs() - startMs) * 1e6;
  // Too long: the thread may have been stopped meanwhile, so that says little. Too short: that is so.
  if (tookNs > ns) roundsPerNs *= 0.9;
  else roundsPerNs *= Math.min(ns / Math.max(tookNs, 1), 4);
}

function spin(rounds: number): void {
  if (pause === undefined) for (let i = 0; i < rounds; i++) sum = (sum + i) | 0;
  else for (let i = 0; i < rounds; i++) pause();
}
