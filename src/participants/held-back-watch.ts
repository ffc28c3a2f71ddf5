import { monotonicMs } from '../clock.js';
import { holdersOf, positionsIn, slowestLag } from '../control/held-back.js';
import { type HeldBack, heldBackText } from '../control/held-back-remedy.js';
import { HermesError } from '../errors.js';
import { timeNs } from '../ring/clock.js';
import type { LaneWriter } from '../ring/lane-writer.js';
import type { GroupEntry } from '../segment/group-entries.js';
import type { Segment } from '../segment/segment.js';

/** Milliseconds without progress in `send` or `flush` after which a program is warned. */
const WARN_AFTER_MS = 5000;
/** Milliseconds between two looks at who is to blame, and after which a group that has not moved is said not to read. */
const LOOK_INTERVAL_MS = 1000;
/** Milliseconds after which a look tells nothing of the present any more. */
const STALE_MS = 5000;

/** Told of the slowest group while a producer that waits makes no progress: again and again. */
type Tell = (heldBack: HeldBack) => void;

const watches: WeakMap<object, HeldBackWatch> = new WeakMap();

/** Where a producer stands still, and where the groups were then. */
interface Standstill {
  /** Bytes: it ends when this changes. */
  readonly progress: number;
  readonly sinceMs: number;
}

/** Where the groups were. */
interface Look {
  readonly positions: ReadonlyMap<string, number>;
  readonly lookedMs: number;
}

/** Knows since when a producer gets no further, and says so when it waits for long. */
export class HeldBackWatch {
  private standstill: Standstill | undefined;
  private flushCount = 0;
  private afterMs = WARN_AFTER_MS;
  private tell: Tell = (heldBack) => this.warn(heldBack);
  private nextLookMs = 0;
  /** When it was seen to wait for nothing. */
  private awakeMs = 0;
  /** The last look, and the one before, at least {@link LOOK_INTERVAL_MS} earlier: by them a slow group is told from one that stands still. */
  private lastLook: Look | undefined;
  private earlierLook: Look | undefined;

  /** `owner` is the producer; `isSending` is true while a message waits for room. */
  constructor(
    owner: object,
    private readonly segment: Segment,
    private readonly writer: LaneWriter,
    private readonly isSending: () => boolean,
  ) {
    watches.set(owner, this);
  }

  /** Instead of warning, after another time. */
  tellInstead(afterMs: number, tell: Tell): void {
    this.afterMs = afterMs;
    this.tell = tell;
  }

  /** To be called when a message was refused, now and then. Allocates little. */
  noteRefusal(nowMs: number): void {
    const progress = this.writer.position;
    if (this.standstill?.progress !== progress) this.standstill = { progress, sinceMs: nowMs };
  }

  /** While `wait` is pending, the producer waits for acknowledgements. */
  async flushing<T>(wait: Promise<T>): Promise<T> {
    this.flushCount++;
    try {
      return await wait;
    } finally {
      this.flushCount--;
    }
  }

  /** The group that is farthest behind, if the producer cannot go on for it. */
  look(): HeldBack | null {
    const { segment, writer } = this;
    const waitsFor = this.flushCount > 0 && !this.isSending() ? 'acknowledgement' : 'room';
    const nowMs = monotonicMs();
    this.observe(nowMs);
    const { sinceMs } = this.standstill!;
    const earlier = this.earlierLook ?? this.lastLook!;
    const hasMoved = ({ name }: GroupEntry, position: number) => {
      const before = earlier.positions.get(name);
      if (before === undefined) return undefined;
      if (before !== position) return true;
      return nowMs - earlier.lookedMs >= LOOK_INTERVAL_MS ? false : undefined;
    };
    const sinceEpochMs = Number(timeNs(segment.memory.clockOffsetNs) / 1_000_000n) - Math.round(nowMs - sinceMs);
    const [slowest] = holdersOf(segment, writer.lane, waitsFor, sinceEpochMs, hasMoved);
    return slowest ?? null;
  }

  /** To be called several times a second. */
  tick(): void {
    const nowMs = monotonicMs();
    if (!this.isSending() && this.flushCount === 0) {
      this.awakeMs = nowMs;
      return;
    }
    try {
      this.observe(nowMs);
      const waitedMs = nowMs - Math.max(this.standstill!.sinceMs, this.awakeMs);
      if (waitedMs < this.afterMs || nowMs < this.nextLookMs) return;
      this.nextLookMs = nowMs + LOOK_INTERVAL_MS;
      const heldBack = this.look();
      if (heldBack !== null) this.tell(heldBack);
    } catch (error) {
      if (!(error instanceof HermesError)) throw error; // whoever waits is told of a damaged or removed segment
    }
  }

  /** Begins anew when there was progress, and looks where the groups are. */
  private observe(nowMs: number): void {
    const { memory } = this.segment;
    const { lane, position } = this.writer;
    const progress = this.isSending() || this.flushCount === 0 ? position : position - slowestLag(memory, lane);
    if (this.standstill?.progress !== progress) this.standstill = { progress, sinceMs: nowMs };
    const ageMs = nowMs - (this.lastLook?.lookedMs ?? Number.NEGATIVE_INFINITY);
    if (ageMs < LOOK_INTERVAL_MS) return;
    this.earlierLook = ageMs < STALE_MS ? this.lastLook : undefined;
    this.lastLook = { positions: positionsIn(memory, lane), lookedMs: nowMs };
  }

  private warn(heldBack: HeldBack): void {
    this.afterMs = Number.POSITIVE_INFINITY; // once a producer
    const { remedy, command } = heldBack;
    process.emitWarning(
      `A producer of the segment ${this.segment.name} has waited for ${WARN_AFTER_MS / 1000} s: it is held back by ${heldBackText(heldBack)}. What to do: ${remedy}${command === null ? '' : `: ${command}`}`,
      { type: 'HermesWarning', code: 'HERMES_HELD_BACK' },
    );
  }
}

/** Has somebody else told than the process's warnings, which a program of its own does not want: for the command line. */
export function tellWhenHeldBack(producer: object, afterMs: number, tell: Tell): void {
  watches.get(producer)!.tellInstead(afterMs, tell);
}
