import type { JsHistogram } from 'hdr-histogram-js';

/**
 * Lines for every halving of the distance to 100 %: five from 0 to 50 %, five from 50 to 75 %, and so on. This is what
 * HdrHistogram's own tools write, so files of other programs compare line by line.
 */
const TICKS_PER_HALF_DISTANCE = 5;

/** Values are divided by this before they are written. 1, since the histogram and the file are both in nanoseconds. */
const VALUE_SCALING = 1;

/**
 * The percentile distribution as the text of an `.hgrm` file, which HdrHistogram's plotters read
 * (https://hdrhistogram.github.io/HdrHistogram/plotFiles.html): value in nanoseconds, percentile from 0 to 1, how many
 * values do not exceed it, 1/(1 - percentile). Ends with a newline.
 *
 * A value is the upper end of its cell, as that format has it, so the last line can lie up to 0.1 % above `#[Max`.
 */
export function formatHgrm(histogram: JsHistogram): string {
  return histogram.outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, VALUE_SCALING);
}
