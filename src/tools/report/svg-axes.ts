import { formatNs } from './duration-format.js';

/** Where the curves are, in pixels of the view box. */
export const PLOT: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number } = {
  left: 84,
  right: 924,
  top: 92,
  bottom: 460,
};

/** From this ratio of largest to smallest latency on, the axis of latencies is logarithmic. */
const MIN_LOG_RATIO = 8;

/** Above this many decades on the axis of latencies, only powers of ten have a label. */
const MAX_LABELLED_DECADES = 4;

/** An axis: from a value to a pixel, and where its gridlines are; those without a label are fainter. */
export interface Axis {
  readonly toPixel: (value: number) => number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

/** Percentiles spaced by their distance to 100 %, so that every further nine gets the same room. */
export function percentileAxis(count: number): Axis {
  // The maximum stands for the last of `count` values, which is half a value away from 100 %.
  const last = Math.max(Math.log10(2 * count), 1);
  const toPixel = (percentile: number): number => {
    const nines = -Math.log10(1 - percentile / 100);
    return PLOT.left + (Math.min(nines, last) / last) * (PLOT.right - PLOT.left);
  };
  // With many nines, 50 % comes so close to the edge that the labels would touch.
  const ticks = [
    { value: 0, label: toPixel(50) - PLOT.left < 36 ? '' : '0 %' },
    { value: 50, label: '50 %' },
  ];
  for (let power = 1; 10 ** power <= count; power++) {
    const label = power === 1 ? '90' : power === 2 ? '99' : `99.${'9'.repeat(power - 2)}`;
    ticks.push({ value: Number(label), label: `${label} %` });
  }
  return { toPixel, ticks };
}

/** Latencies from a round value at or below `minNs` to one above `maxNs`. */
export function latencyAxis(minNs: number, maxNs: number): Axis {
  const logarithmic = maxNs >= Math.max(minNs, 1) * MIN_LOG_RATIO;
  const values = logarithmic ? logarithmicTicks(minNs, maxNs) : linearTicks(minNs, maxNs);
  const scale = logarithmic ? Math.log10 : (ns: number): number => ns;
  const [first, last] = [values[0]!, values.at(-1)!];
  const toPixel = (ns: number): number =>
    PLOT.bottom -
    ((scale(Math.max(ns, first)) - scale(first)) / (scale(last) - scale(first))) * (PLOT.bottom - PLOT.top);
  const sparse = logarithmic && last / first > 10 ** MAX_LABELLED_DECADES;
  const labelled = (ns: number): boolean => !sparse || Number.isInteger(Math.log10(ns));
  return { toPixel, ticks: values.map((value) => ({ value, label: labelled(value) ? formatNs(value, 6) : '' })) };
}

/** 1-2-5 in every decade from 1 ns on: the last not above `minNs` to the first above `maxNs`. */
function logarithmicTicks(minNs: number, maxNs: number): number[] {
  const ticks: number[] = [];
  for (let decade = 1; ; decade *= 10) {
    for (const tick of [decade, 2 * decade, 5 * decade]) {
      if (tick <= minNs) ticks.pop();
      ticks.push(tick);
      if (tick > maxNs) return ticks;
    }
  }
}

/**
 * About six round values: from 0, or from the minimum when the values lie close together, unless they are so close that
 * the axis would magnify nothing but the resolution of the histogram.
 */
function linearTicks(minNs: number, maxNs: number): number[] {
  const from = minNs > maxNs * 0.5 && minNs < maxNs * 0.98 ? minNs : 0;
  const rough = Math.max((maxNs - from) / 5, 1);
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((mantissa) => mantissa * decade).find((candidate) => candidate >= rough)!;
  const ticks = [Math.floor(from / step) * step];
  while (ticks.at(-1)! <= maxNs) ticks.push(ticks.at(-1)! + step);
  return ticks;
}
