import { formatNs } from './duration-format.js';
import { type Axis, logarithmicScale, type Plot } from './svg-axes.js';
import { evenTicksBetween, oneTwoFiveBetween } from './ticks.js';

/** From this ratio of largest to smallest latency on, the axis of latencies is logarithmic. */
const MIN_LOG_RATIO = 8;

/** Above this many decades on the axis of latencies, only powers of ten have a label. */
const MAX_LABELLED_DECADES = 4;

/** Percentiles spaced by their distance to 100 %, so that every further nine gets the same room. */
export function percentileAxis({ left, right }: Plot, count: number): Axis {
  // The maximum stands for the last of `count` values, which is half a value away from 100 %.
  const last = Math.max(Math.log10(2 * count), 1);
  const toPixel = (percentile: number): number => {
    const nines = -Math.log10(1 - percentile / 100);
    return left + (Math.min(nines, last) / last) * (right - left);
  };
  // With many nines, 50 % comes so close to the edge that the labels would touch.
  const ticks = [
    { value: 0, label: toPixel(50) - left < 36 ? '' : '0 %' },
    { value: 50, label: '50 %' },
  ];
  for (let power = 1; 10 ** power <= count; power++) {
    const label = power === 1 ? '90' : power === 2 ? '99' : `99.${'9'.repeat(power - 2)}`;
    ticks.push({ value: Number(label), label: `${label} %` });
  }
  return { toPixel, ticks };
}

/** Latencies from a round value at or below `minNs` to one at or above `maxNs`. */
export function latencyAxis({ top, bottom }: Plot, minNs: number, maxNs: number): Axis {
  if (maxNs < Math.max(minNs, 1) * MIN_LOG_RATIO) return evenAxis(top, bottom, minNs, maxNs);
  const values = oneTwoFiveBetween(Math.max(minNs, 1), maxNs);
  const [first, last] = [values[0]!, values.at(-1)!];
  const scale = logarithmicScale(first, last, bottom, top);
  const sparse = last / first > 10 ** MAX_LABELLED_DECADES;
  const isLabelled = (ns: number): boolean => !sparse || Number.isInteger(Math.log10(ns));
  return {
    toPixel: (ns) => scale(Math.max(ns, first)),
    ticks: values.map((value) => ({ value, label: isLabelled(value) ? formatNs(value, 6) : '' })),
  };
}

/**
 * From 0, or from the minimum when the values lie close together, unless they are so close that the axis would magnify
 * nothing but the resolution of the histogram.
 */
function evenAxis(top: number, bottom: number, minNs: number, maxNs: number): Axis {
  const values = evenTicksBetween(minNs > maxNs * 0.5 && minNs < maxNs * 0.98 ? minNs : 0, maxNs);
  const [first, last] = [values[0]!, values.at(-1)!];
  return {
    toPixel: (ns) => bottom - ((Math.max(ns, first) - first) / (last - first)) * (bottom - top),
    ticks: values.map((value) => ({ value, label: formatNs(value, 6) })),
  };
}
