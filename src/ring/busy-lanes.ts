import { LANE_NEWS_OFFSET } from '../layout/lane-control.js';
import { CONSUMER_BELL_OFFSET, NEWS_OFFSET } from '../layout/preamble.js';
import { laneControlIndex, wordAt } from './indices.js';
import type { SegmentMemory } from './segment-memory.js';

/** Up to this many lanes are always looked at: that costs less than being told of news. */
const FEW_LANES = 8;

const NEWS_INDEX: number = NEWS_OFFSET >>> 2;

/**
 * The lanes that a consumer looks at. If there are many, these are the lanes that were busy lately. A producer that publishes into
 * another lane finds that the bell has changed, and counts news for its lane. So all idle lanes together cost a consumer one load,
 * and their producers no extra load. Checked by `lanes.pml`.
 */
export class BusyLanes {
  /** The first `count` are looked at. */
  readonly lanes: Int32Array;
  count = 0;
  private readonly words: Int32Array;
  /** Per lane: the last sweep in which it had something to read. */
  private readonly lastBusy: Int32Array;
  /** Per lane: its news count when it was left out. */
  private readonly laneNews: Int32Array;
  private laneCount = 0;
  private sweeps = 0;
  private news = 0;

  constructor(
    private readonly memory: SegmentMemory,
    private readonly isEmpty: (lane: number) => boolean,
  ) {
    const { laneCount } = memory.geometry;
    this.words = memory.words;
    this.lanes = new Int32Array(laneCount);
    this.lastBusy = new Int32Array(laneCount);
    this.laneNews = new Int32Array(laneCount);
  }

  /** Looks at all of the first `laneCount` lanes from now on. */
  lookAtAll(laneCount: number): void {
    this.laneCount = laneCount;
    this.count = laneCount;
    for (let lane = 0; lane < laneCount; lane++) this.lanes[lane] = lane;
  }

  /** Call it before visiting the lanes: it adds the lanes left out that have news. One load if there is none. */
  lookUp(): void {
    if (this.count === this.laneCount) return;
    const news = this.loadNews();
    if (news === this.news) return;
    this.news = news;
    const looked = this.lanes.slice(0, this.count);
    for (let lane = 0; lane < this.laneCount; lane++) {
      if (!looked.includes(lane) && this.loadLaneNews(lane) !== this.laneNews[lane]) this.lanes[this.count++] = lane;
    }
  }

  /** Call it when a lane had something to read. */
  note(lane: number): void {
    this.lastBusy[lane] = this.sweeps;
  }

  /** Whether there is something to read in one of the lanes that are looked at. A load for each. */
  get hasMore(): boolean {
    for (let i = 0; i < this.count; i++) if (!this.isEmpty(this.lanes[i]!)) return true;
    return false;
  }

  /** Call it now and then: it leaves out the lanes that had nothing to read since the last call. */
  sweep(): void {
    if (this.laneCount <= FEW_LANES) return;
    const looked = this.lanes.slice(0, this.count);
    const idle = looked.filter((lane) => this.lastBusy[lane] !== this.sweeps);
    this.sweeps++;
    if (idle.length === 0) return;
    if (this.count === this.laneCount) this.news = this.loadNews();
    for (const lane of idle) this.laneNews[lane] = this.loadLaneNews(lane);
    Atomics.add(this.words, CONSUMER_BELL_OFFSET >>> 2, 1); // SYNC: bell
    // Once more, after the bell: whoever publishes from now on finds it changed.
    const kept = looked.filter((lane) => !idle.includes(lane) || !this.isEmpty(lane));
    this.lanes.set(kept);
    this.count = kept.length;
  }

  private loadNews(): number {
    return this.memory.hot.load(NEWS_INDEX); // SYNC: news
  }

  private loadLaneNews(lane: number): number {
    return Atomics.load(this.words, laneNewsIndex(this.memory, lane)); // SYNC: news
  }
}

/** Tells the consumers that there may be something in a lane. */
export function countNews(memory: SegmentMemory, lane: number): void {
  Atomics.add(memory.words, laneNewsIndex(memory, lane), 1); // SYNC: news
  Atomics.add(memory.words, NEWS_INDEX, 1); // SYNC: news
}

function laneNewsIndex(memory: SegmentMemory, lane: number): number {
  return wordAt(laneControlIndex(memory, lane), LANE_NEWS_OFFSET);
}
