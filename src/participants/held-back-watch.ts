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
/** Milliseconds between two looks for the group to blame. A group that has not moved for as long is said not to read. */
const LOOK_INTERVAL_MS = 1000;
/** Milliseconds after which a look is too old to use. */
const STALE_MS = 5000;

/** Called again and again with the slowest group while a waiting producer makes no progress. */
type Tell = (heldBack: HeldBack) => void;

const watches: WeakMap<object, HeldBackWatch> = new WeakMap();

/** Where a producer stands still, and where the groups were then. */
interface Standstill {
  /** The position in bytes: the standstill ends when it changes. */
  readonly progress: number;
  readonly sinceMs: number;
}

/** Where the groups were. */
interface Look {
  readonly positions: ReadonlyMap<string, number>;
  readonly lookedMs: number;
}

/** Knows how long a producer has made no progress, and warns when it waits for long. */
export class HeldBackWatch {
  private standstill: Standstill | undefined;
  private flushCount = 0;
  private afterMs = WARN_AFTER_MS;
  private tell: Tell = (heldBack) => this.warn(heldBack);
  private nextLookMs = 0;
  /** When the producer was last seen to wait for nothing. */
  private awakeMs = 0;
  /** The last look, and the one before, at least {@link LOOK_INTERVAL_MS} earlier: they tell a slow group from one that stands still. */
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

  /** Calls a listener instead of warning, after another time. */
  tellInstead(afterMs: number, tell: Tell): void {
    this.afterMs = afterMs;
    this.tell = tell;
  }

  /** Call it now and then when a message was refused. Allocates little. */
  noteRefusal(nowMs: number): void {
    const progress = this.writer.position;
    if (this.standstill?.progress !== progress) this.standstill = { progress, sinceMs: nowMs };
  }

  /** The producer waits for acknowledgements while `wait` is pending. */
  async flushing<T>(wait: Promise<T>): Promise<T> {
    this.flushCount++;
    try {
      return await wait;
    } finally {
      this.flushCount--;
    }
  }

  /** The group that is farthest behind, if it keeps the producer from going on. */
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

  /** Call it several times a second. */
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
      if (!(error instanceof HermesError)) throw error; // the call that waits reports a damaged or removed segment
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
