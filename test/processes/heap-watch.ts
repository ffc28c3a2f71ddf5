import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';

/** What happened to the heap of this process during a piece of work. */
export interface HeapReport {
  /** Garbage collections of any kind. */
  readonly collections: number;
  /** Bytes that the heap grew by; less than nothing when there were collections. */
  readonly grownBy: number;
  readonly durationMs: number;
}

/** Time for the observer's entries to come in, and for code that was being optimized to be put in place. */
const SETTLE_MS = 50;

/** Runs `work`, which must be synchronous, and tells what it did to the heap. */
export async function watchHeap(work: () => void): Promise<HeapReport> {
  const starts: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) starts.push(entry.startTime);
  });
  observer.observe({ entryTypes: ['gc'] });
  await setTimeout(SETTLE_MS);
  const usedBefore = getHeapStatistics().used_heap_size;
  const begin = performance.now();
  work();
  const end = performance.now();
  const grownBy = getHeapStatistics().used_heap_size - usedBefore;
  await setTimeout(SETTLE_MS);
  observer.disconnect();
  const collections = starts.filter((start) => start >= begin && start <= end).length;
  return { collections, grownBy, durationMs: end - begin };
}

const MOST_ATTEMPTS = 3;

/**
 * What repeated work does to the heap each time: the first run without a collection counts, or else the third. A late
 * optimization makes some garbage once in many runs; what the work itself makes, it makes each time.
 */
export async function watchSteadyHeap(work: () => void): Promise<HeapReport> {
  for (let attempt = 1; ; attempt++) {
    const heap = await watchHeap(work);
    if (heap.collections === 0 || attempt === MOST_ATTEMPTS) return heap;
  }
}
