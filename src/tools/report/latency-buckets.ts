import type { JsHistogram } from 'hdr-histogram-js';
import { latencyAtPercentile, type RecordedCell } from './latency-histogram.js';

const MAX_LINES = 24;

/** This many empty buckets in a row, or more, become one line. */
export const MIN_GAP = 3;

/** If there are fewer lines than this between p1 and p99, the tails get wider buckets and this bulk gets finer ones. */
const MIN_BULK_LINES = 10;

/** The most lines of the tail below the bulk, and of the tail above it, if they have a scale of their own. */
const MAX_LINES_BELOW = 3;

const MAX_LINES_ABOVE = 8;

/** ISO 3 preferred numbers, series R40: 40 a decade, evenly spread over its logarithm. */
// biome-ignore format: a decade in four lines
const R40 = [
  1, 1.06, 1.12, 1.18, 1.25, 1.32, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9,
  2, 2.12, 2.24, 2.36, 2.5, 2.65, 2.8, 3, 3.15, 3.35, 3.55, 3.75,
  4, 4.25, 4.5, 4.75, 5, 5.3, 5.6, 6, 6.3, 6.7, 7.1, 7.5, 8, 8.5, 9, 9.5,
];

/**
 * Every so many numbers of R40 is a boundary: decades, half decades, factors of 2 (1, 2, 4, 8, 16, 31.5, 63, 125), then
 * 5, 10, 20 and 40 a decade. Not 1-2-5: its step from 2 to 5 is wider than the others and draws a hump of its own.
 */
const TAIL_STRIDES = [40, 20, 12];

const STRIDES = [...TAIL_STRIDES, 8, 4, 2, 1];

/** Up to this ratio of largest to smallest latency, buckets of equal width show the same shape at rounder boundaries. */
const MAX_LINEAR_RATIO = 4;

/** A bucket is at least as wide as this many cells of the histogram; otherwise rounding shows as a comb. */
const MIN_CELLS_PER_BUCKET = 4;

/** Where buckets begin and end in nanoseconds, ascending: the first not above the minimum, the last above the maximum. */
type Boundaries = readonly number[];

/** Where the width of the buckets changes, and on which side they are wider. */
interface Seam {
  readonly atNs: number;
  readonly wider: '↑' | '↓';
}

interface Scale {
  readonly boundaries: Boundaries;
  readonly seams: readonly Seam[];
}

/** Latencies from `fromNs` up to but not including `toNs`. */
export interface Bucket {
  readonly fromNs: number;
  readonly toNs: number;
  readonly count: number;
}

/**
 * Chooses one scale for everything, in 10 to 24 lines. If a long tail would leave few lines for the bulk, the bulk gets a finer scale.
 * There are fewer lines if the histogram has no finer resolution, or few different values.
 */
export function chooseScale(histogram: JsHistogram, cells: readonly RecordedCell[]): Scale {
  const uniform = { boundaries: finest(cells, scalesFor(histogram, cells), MAX_LINES), seams: [] };
  const bulkLow = lowestOfCell(histogram, latencyAtPercentile(histogram, 1));
  const bulkHigh = lowestOfCell(histogram, latencyAtPercentile(histogram, 99));
  const bulkLines = uniform.boundaries.filter((boundary) => boundary > bulkLow && boundary <= bulkHigh).length + 1;
  if (bulkLines >= MIN_BULK_LINES) return uniform;

  const below = cells.filter(({ lowestNs }) => lowestNs < bulkLow);
  const above = cells.filter(({ lowestNs }) => lowestNs > bulkHigh);
  const bulkCells = cells.slice(below.length, cells.length - above.length);
  const lower = finest(below, scalesForTail(below), MAX_LINES_BELOW);
  const upper = finest(above, scalesForTail(above), MAX_LINES_ABOVE);
  const tailLines = lineCount(below, lower) + lineCount(above, upper) + 2;
  const bulk = finest(bulkCells, scalesFor(histogram, bulkCells), MAX_LINES - tailLines);
  return lineCount(bulkCells, bulk) > bulkLines ? join(lower, bulk, upper) : uniform;
}

function join(lower: Boundaries, bulk: Boundaries, upper: Boundaries): Scale {
  const [first, last] = [bulk[0]!, bulk.at(-1)!];
  // A boundary close to the seam would make a very narrow bucket. The outermost one has to stay.
  const below = lower.filter((ns, index) => ns < first && (index === 0 || ns * 1.25 < first));
  const above = upper.filter((ns, index) => ns > last && (index === upper.length - 1 || ns > last * 1.25));
  const seams: Seam[] = [];
  if (below.length > 0) seams.push({ atNs: first, wider: '↑' });
  if (above.length > 0) seams.push({ atNs: last, wider: '↓' });
  return { boundaries: [...below, ...bulk, ...above], seams };
}

/** Of the candidates that take at most `maxLines`, the one that takes the most. Of equal ones it is the last, which is the finest. */
function finest(cells: readonly RecordedCell[], candidates: readonly Boundaries[], maxLines: number): Boundaries {
  let best = candidates[0] ?? [];
  let bestLines = 0;
  for (const candidate of candidates) {
    const lines = lineCount(cells, candidate);
    if (lines < bestLines || lines > maxLines) continue;
    best = candidate;
    bestLines = lines;
  }
  return best;
}

function scalesFor(histogram: JsHistogram, cells: readonly RecordedCell[]): Boundaries[] {
  const [low, high] = [cells[0]!.lowestNs, cells.at(-1)!.highestNs];
  if (high > Math.max(low * MAX_LINEAR_RATIO, MAX_LINES)) return STRIDES.map((stride) => logarithmic(stride, cells));
  const resolution = histogram.sizeOfEquivalentValueRange(high);
  const minWidth = resolution === 1 ? 1 : resolution * MIN_CELLS_PER_BUCKET;
  const scales: Boundaries[] = [];
  for (let decade = 10 ** Math.ceil(Math.log10(high + 1)); decade >= 1; decade /= 10) {
    for (const width of [decade, decade / 2, decade / 4, decade / 5]) {
      if (Number.isInteger(width) && width >= minWidth && high - low < width * 2 * MAX_LINES)
        scales.push(linear(width, cells));
    }
  }
  return scales;
}

function scalesForTail(cells: readonly RecordedCell[]): Boundaries[] {
  return cells.length === 0 ? [] : TAIL_STRIDES.map((stride) => logarithmic(stride, cells));
}

/** Every `stride`th number of R40 as whole nanoseconds, since a boundary between two of them would separate nothing. */
function logarithmic(stride: number, cells: readonly RecordedCell[]): Boundaries {
  const boundaries = [0];
  for (let step = 0; boundaries.at(-1)! <= cells.at(-1)!.lowestNs; step += stride) {
    const boundary = Math.round(R40[step % R40.length]! * 10 ** Math.floor(step / R40.length));
    if (boundary === boundaries.at(-1)) continue;
    if (boundary <= cells[0]!.lowestNs) boundaries.pop();
    boundaries.push(boundary);
  }
  return boundaries;
}

function linear(width: number, cells: readonly RecordedCell[]): Boundaries {
  const boundaries = [Math.floor(cells[0]!.lowestNs / width) * width];
  while (boundaries.at(-1)! <= cells.at(-1)!.lowestNs) boundaries.push(boundaries.at(-1)! + width);
  return boundaries;
}

/** The buckets between the boundaries, from the first that is not empty to the last. */
export function fillBuckets(cells: readonly RecordedCell[], boundaries: Boundaries): Bucket[] {
  const buckets: Bucket[] = [];
  let next = 0;
  for (let index = 0; index + 1 < boundaries.length; index++) {
    const [fromNs, toNs] = [boundaries[index]!, boundaries[index + 1]!];
    let count = 0;
    for (; next < cells.length && cells[next]!.lowestNs < toNs; next++) count += cells[next]!.count;
    if (count > 0 || (buckets.length > 0 && next < cells.length)) buckets.push({ fromNs, toNs, count });
  }
  return buckets;
}

/** How many lines the cells take, a gap being one. */
function lineCount(cells: readonly RecordedCell[], boundaries: Boundaries): number {
  const buckets = fillBuckets(cells, boundaries);
  let lines = 0;
  for (let index = 0; index < buckets.length; index++, lines++) {
    const gap = emptyRun(buckets, index);
    if (gap >= MIN_GAP) index += gap - 1;
  }
  return lines;
}

/** How many buckets from `start` on are empty. */
export function emptyRun(buckets: readonly Bucket[], start: number): number {
  let end = start;
  while (buckets[end]?.count === 0) end++;
  return end - start;
}

/** Found by its index, since the library's `lowestEquivalentValue` errs just below powers of two from 2^49 on. */
export function lowestOfCell(histogram: JsHistogram, ns: number): number {
  return histogram.valueFromIndex(histogram.countsArrayIndex(ns));
}
