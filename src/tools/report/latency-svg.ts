import type { JsHistogram } from 'hdr-histogram-js';
import { formatCount } from '../output.js';
import { formatNs } from './duration-format.js';
import { latencyAxis, percentileAxis } from './latency-axes.js';
import { hasValuesBeyond, latencyAtPercentile, minLatency, recordedCells } from './latency-histogram.js';
import { type Axis, grid, type Plot } from './svg-axes.js';
import { escapeXml, type Ink, pixel, svgDocument } from './svg-document.js';

/** What a picture says beside its curve. */
export interface Caption {
  readonly title: string;
  /** What was measured (`one-way`, `64 B payload`, `100,000 messages/s`): the subtitle, to which the count is added. */
  readonly details: readonly string[];
}

/** Pixels of the view box. */
const [WIDTH, HEIGHT] = [960, 540];
const PLOT: Plot = { left: 84, right: 924, top: 92, bottom: 460 };
const MIDDLE_X = (PLOT.left + PLOT.right) / 2;

/** A curve's vertex nearer than this to the one before, in pixels, is left out. */
const MIN_VERTEX_DISTANCE = 0.5;

/** Of the curve, by its class. */
const INKS: Readonly<Record<string, Ink>> = { latency: { light: '#2563eb', dark: '#58a6ff' } };

const CAPTION = 'percentile: the share of values that are no higher';

/** The dots on the curve. p50 and p99 are left out where they are the maximum. */
const MARKERS = [
  { name: 'p50', percentile: 50 },
  { name: 'p99', percentile: 99 },
  { name: 'max', percentile: 100 },
] as const;

/**
 * The percentile curve of a histogram of nanoseconds as an SVG document: percentiles in nines to the right, latency upwards. `label` says
 * what was measured, for those who cannot see it and for whoever points at a dot.
 */
export function latencySvg(label: string, histogram: JsHistogram, { title, details }: Caption): string {
  const count = histogram.totalCount;
  return svgDocument({
    width: WIDTH,
    height: HEIGHT,
    left: PLOT.left,
    title,
    subtitle: [...details, `${formatCount(count)} ${count === 1 ? 'value' : 'values'}`].join(' · '),
    description: describe(label, histogram),
    inks: INKS,
    body: `${plot(label, histogram)}\n`,
  });
}

function plot(label: string, histogram: JsHistogram): string {
  if (histogram.totalCount === 0) {
    return `<text class="muted middle" x="${MIDDLE_X}" y="${(PLOT.top + PLOT.bottom) / 2}">no latencies recorded</text>`;
  }
  const x = percentileAxis(PLOT, histogram.totalCount);
  const y = latencyAxis(PLOT, minLatency(histogram), histogram.maxValue);
  return [grid(PLOT, x, y, CAPTION), curve(label, histogram, x, y)].join('\n');
}

/** A staircase, since that is what percentiles of finitely many values are, and its dots. */
function curve(label: string, histogram: JsHistogram, x: Axis, y: Axis): string {
  const start = y.toPixel(minLatency(histogram));
  let [lastX, lastY] = [PLOT.left, start];
  let path = `M${lastX} ${pixel(lastY)}`;
  let below = 0;
  for (const cell of recordedCells(histogram)) {
    const nextX = x.toPixel((100 * below) / histogram.totalCount);
    const nextY = y.toPixel(Math.min(cell.highestNs, histogram.maxValue));
    if (nextX - lastX >= MIN_VERTEX_DISTANCE || Math.abs(nextY - lastY) >= MIN_VERTEX_DISTANCE) {
      path += `H${pixel(nextX)}V${pixel(nextY)}`;
      [lastX, lastY] = [nextX, nextY];
    }
    below += cell.count;
  }
  // 100 % is infinitely far away. The last value stands half a value before it.
  const end = x.toPixel(100 - 50 / histogram.totalCount);
  path += `H${pixel(end)}`;
  const markers = MARKERS.filter(({ percentile }) => percentile === 100 || hasValuesBeyond(histogram, percentile));
  const dots = markers.map(({ name, percentile }) => {
    const ns = latencyAtPercentile(histogram, percentile);
    const [atX, atY] = [Math.min(x.toPixel(percentile), end), y.toPixel(ns)];
    const text = `${name} ${formatNs(ns)}`;
    const tooltip = `<title>${escapeXml(`${label} ${text}`)}</title>`;
    const dot = `<circle class="fill latency dot" cx="${pixel(atX)}" cy="${pixel(atY)}" r="4.5">${tooltip}</circle>`;
    return dot + mark(text, atX, atY, percentile === 50);
  });
  const area = `<path class="fill latency area" d="${path}V${PLOT.bottom}H${PLOT.left}Z"/>`;
  return `<g>${area}<path class="curve latency" d="${path}"/>${dots.join('')}</g>`;
}

/** The text of a dot. A curve that only rises leaves room to the right below it and to the left above it. */
function mark(text: string, x: number, y: number, right: boolean): string {
  const below = right && y + 28 < PLOT.bottom;
  const place = `x="${pixel(x + (right ? 8 : -8))}" y="${pixel(y + (below ? 20 : -12))}"`;
  return `<text class="mark${right ? '' : ' end'}" ${place}>${text}</text>`;
}

function describe(label: string, histogram: JsHistogram): string {
  if (histogram.totalCount === 0) return `${label}: no latencies recorded`;
  const figures = MARKERS.map(
    ({ name, percentile }) => `${name} ${formatNs(latencyAtPercentile(histogram, percentile))}`,
  );
  return `${label}: ${figures.join(', ')}`;
}
