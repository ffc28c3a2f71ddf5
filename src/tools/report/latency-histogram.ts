import { Float64Histogram, type JsHistogram } from 'hdr-histogram-js';

/** The range that the histogram has room for from the start, in nanoseconds: one hour. */
export const PREALLOCATED_RANGE_NS: number = 3600 * 1e9;

/** A value is known to one part in a thousand: 1 ns up to 2 µs, 2 ns up to 4 µs, and so on. */
const SIGNIFICANT_DIGITS = 3;

/** floor(log2(value)) - 10, where 2^11 = 2048 is how many cells of one nanosecond come first; for a `clz32` of 32 bits. */
const CLZ_OF_LAST_UNIT_CELL = 21;

/** Every octave after the first 2048 cells has half as many. */
const CELLS_PER_OCTAVE = 1024;

/**
 * Latencies in nanoseconds. `recordValue` takes a whole number from 0 to `Number.MAX_SAFE_INTEGER`, costs about 10 ns
 * and allocates nothing up to an hour; the first value above that enlarges the histogram (280 KiB) instead of being cut.
 *
 * Counts are 64-bit floats rather than 32-bit integers, which the library lets wrap silently at 2^32.
 */
export class LatencyHistogram extends Float64Histogram {
  constructor() {
    super(1, PREALLOCATED_RANGE_NS, SIGNIFICANT_DIGITS);
    this.autoResize = true;
  }

  /**
   * The cell of a value. Replaces the library's way through `Math.log2` and `Math.pow`, which takes 70 to 100 ns,
   * and its silence about NaN and Infinity, which it counts without a cell so that reading the mean throws later.
   *
   * @throws RangeError if the value is negative, not finite or above `Number.MAX_SAFE_INTEGER`
   */
  override countsArrayIndex(value: number): number {
    if (value >= 0 && value < 2 ** 32) {
      const octave = Math.max(CLZ_OF_LAST_UNIT_CELL - Math.clz32(value), 0);
      return octave * CELLS_PER_OCTAVE + (value >>> octave);
    }
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`a latency is a number of nanoseconds from 0 to 2^53 - 1, got ${value}`);
    }
    return super.countsArrayIndex(value);
  }

  /** All that was recorded, in a form that can be sent to another process. */
  snapshot(): LatencySnapshot {
    return { cells: recordedCells(this), minNs: minLatency(this), maxNs: this.maxValue };
  }

  /** The histogram that a snapshot was taken of. */
  static restore({ cells, minNs, maxNs }: LatencySnapshot): LatencyHistogram {
    const histogram = new LatencyHistogram();
    for (const { lowestNs, count } of cells) histogram.recordValueWithCount(lowestNs, count);
    // Cells keep three digits; the library keeps both ends exactly.
    if (minNs > 0) histogram.minNonZeroValue = minNs;
    histogram.maxValue = maxNs;
    return histogram;
  }
}

/** A histogram as plain data. */
interface LatencySnapshot {
  readonly cells: readonly RecordedCell[];
  readonly minNs: number;
  readonly maxNs: number;
}

/** An empty histogram of latencies in nanoseconds, exact to 3 significant digits. Allocates 265 KiB. */
export function createLatencyHistogram(): LatencyHistogram {
  return new LatencyHistogram();
}

/** The smallest recorded latency in nanoseconds, exact; 0 for an empty histogram. */
export function minLatency(histogram: JsHistogram): number {
  // The library keeps the exact minimum of the values other than 0, and MAX_SAFE_INTEGER before there is one.
  return histogram.totalCount === 0 || histogram.getCountAtIndex(0) > 0 ? 0 : histogram.minNonZeroValue;
}

/** The mean in nanoseconds, to the resolution of the histogram; 0 for an empty histogram. */
export function meanLatency(histogram: JsHistogram): number {
  return clampToRecorded(histogram, histogram.mean);
}

/**
 * The latency in nanoseconds that `percentile` (0 to 100) per cent of the values do not exceed; 0 for an empty histogram.
 * The library answers with the upper end of the cell, which can lie above the maximum, or the minimum: never here.
 */
export function latencyAtPercentile(histogram: JsHistogram, percentile: number): number {
  return clampToRecorded(histogram, histogram.getValueAtPercentile(percentile));
}

/** True if at least one of the values lies beyond this percentile (0 to 100). Otherwise it is but another name for the maximum. */
export function hasValuesBeyond(histogram: JsHistogram, percentile: number): boolean {
  // 100 - 99.9 is a little less than 0.1 in floating point; a millionth of a value makes up for it.
  return (100 - percentile) * histogram.totalCount >= 100 - 1e-4;
}

function clampToRecorded(histogram: JsHistogram, ns: number): number {
  return Math.min(Math.max(ns, minLatency(histogram)), histogram.maxValue);
}

/** Values the histogram does not tell apart, from `lowestNs` to `highestNs` inclusive, and how many there are. */
export interface RecordedCell {
  readonly lowestNs: number;
  readonly highestNs: number;
  readonly count: number;
}

/** The cells that hold a value, in ascending order. Allocates an object for each. */
export function recordedCells(histogram: JsHistogram): RecordedCell[] {
  const cells: RecordedCell[] = [];
  for (let index = 0; index < histogram.countsArrayLength; index++) {
    const count = histogram.getCountAtIndex(index);
    if (count === 0) continue;
    const lowestNs = histogram.valueFromIndex(index);
    cells.push({ lowestNs, highestNs: histogram.highestEquivalentValue(lowestNs), count });
  }
  return cells;
}
