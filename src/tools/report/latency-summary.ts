import type { JsHistogram } from 'hdr-histogram-js';
import { latencyAtPercentile, meanLatency, minLatency } from './latency-histogram.js';

/** What was measured, which the histogram does not know. */
export interface LatencyContext {
  /** `ping-pong` is a round trip, `one-way` is from publication to delivery. */
  readonly mode: string;
  readonly payloadBytes: number;
  /** What the receiver did while there was nothing to read: `spin`, `doorbell`. */
  readonly idle: string;
  /** Messages that were sent and never received. */
  readonly lost: number;
}

/** The object that `hermes bench latency --json` prints. Latencies are in nanoseconds and 0 when `count` is 0. */
export interface LatencySummary extends LatencyContext {
  readonly unit: 'ns';
  readonly count: number;
  readonly min: number;
  /** Rounded to a tenth of a nanosecond; all others are whole numbers. */
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
  readonly max: number;
}

/**
 * Reduces a histogram of nanoseconds to the figures that scripts compare. Percentiles are exact to 3 significant digits and
 * never leave the range from `min` to `max`; every number is finite, so that the object survives JSON.
 */
export function summarize(histogram: JsHistogram, context: LatencyContext): LatencySummary {
  return {
    mode: context.mode,
    unit: 'ns',
    payloadBytes: context.payloadBytes,
    idle: context.idle,
    count: histogram.totalCount,
    min: minLatency(histogram),
    mean: Math.round(meanLatency(histogram) * 10) / 10,
    p50: latencyAtPercentile(histogram, 50),
    p90: latencyAtPercentile(histogram, 90),
    p99: latencyAtPercentile(histogram, 99),
    p999: latencyAtPercentile(histogram, 99.9),
    p9999: latencyAtPercentile(histogram, 99.99),
    max: histogram.maxValue,
    lost: context.lost,
  };
}
