import type { JsHistogram } from 'hdr-histogram-js';
import { formatNs } from './duration-format.js';
import { hasValuesBeyond, latencyAtPercentile, minLatency, recordedCells } from './latency-histogram.js';
import { type Axis, latencyAxis, PLOT, percentileAxis } from './svg-axes.js';

/** One curve. */
interface LatencySeries {
  readonly label: string;
  /** Latencies in nanoseconds. */
  readonly histogram: JsHistogram;
}

interface LatencySvgOptions {
  readonly title: string;
  /** What was measured (`one-way`, `64 B payload`, `100,000 messages/s`): the subtitle, to which the count is added. */
  readonly details: readonly string[];
}

/** Pixels of the view box; the legend goes below the plot. */
const WIDTH = 960;
const MIDDLE_X = (PLOT.left + PLOT.right) / 2;
const LEGEND = { top: 540, rowHeight: 24, columnWidth: 92 };

/** Characters of a label in the legend. */
const MAX_LABEL_LENGTH = 44;

/** A curve's vertex nearer than this to the one before, in pixels, is left out. */
const MIN_VERTEX_DISTANCE = 0.5;

const LIGHT = {
  background: '#ffffff',
  text: '#1f2328',
  muted: '#656d76',
  grid: '#e6e9ed',
  series: ['#2563eb', '#ea580c', '#059669', '#9333ea', '#db2777', '#0891b2'],
};
const DARK = {
  background: '#0d1117',
  text: '#e6edf3',
  muted: '#8d96a0',
  grid: '#252b33',
  series: ['#58a6ff', '#fb923c', '#3fb98a', '#c084fc', '#f472b6', '#22d3ee'],
};

/** The dots on a curve; p50 and p99 only where the maximum is another one. */
const MARKERS = [
  { name: 'p50', percentile: 50 },
  { name: 'p99', percentile: 99 },
  { name: 'max', percentile: 100 },
] as const;

const countFormat = new Intl.NumberFormat('en-US');

/**
 * The percentile curves of one or more histograms of nanoseconds as an SVG document: percentiles in nines to the right,
 * latency upwards. Needs no font, script or style sheet from elsewhere, and follows the reader's light or dark scheme.
 * Series without values appear in the legend alone.
 */
export function latencySvg(series: readonly LatencySeries[], options: LatencySvgOptions): string {
  const many = series.length > 1;
  const height = many ? LEGEND.top + (series.length + 1) * LEGEND.rowHeight : LEGEND.top;
  const count = series[0]?.histogram.totalCount ?? 0;
  const counted = many ? [] : [`${countFormat.format(count)} ${count === 1 ? 'value' : 'values'}`];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escapeXml(options.title)}</title>
<desc>${escapeXml(series.map(describe).join('; '))}</desc>
<style>
${style()}
</style>
<rect class="background" width="${WIDTH}" height="${height}"/>
<text class="title" x="${PLOT.left}" y="40">${escapeXml(options.title)}</text>
<text class="muted" x="${PLOT.left}" y="64">${escapeXml([...options.details, ...counted].join(' · '))}</text>
${plot(series)}
${many ? legend(series) : ''}
</svg>
`;
}

function plot(series: readonly LatencySeries[]): string {
  const histograms = series.map(({ histogram }) => histogram).filter(({ totalCount }) => totalCount > 0);
  if (histograms.length === 0) {
    return `<text class="muted middle" x="${MIDDLE_X}" y="${(PLOT.top + PLOT.bottom) / 2}">no latencies recorded</text>`;
  }
  const x = percentileAxis(Math.max(...histograms.map(({ totalCount }) => totalCount)));
  const y = latencyAxis(
    Math.min(...histograms.map(minLatency)),
    Math.max(...histograms.map(({ maxValue }) => maxValue)),
  );
  const curves = series.map((entry, index) =>
    entry.histogram.totalCount === 0 ? '' : curve(entry, seriesClass(index), x, y, series.length === 1),
  );
  return [grid(x, y), ...curves].join('\n');
}

function grid(x: Axis, y: Axis): string {
  const rows = y.ticks.map(({ value, label }) => {
    const at = round(y.toPixel(value));
    const line = `<path class="grid${label ? '' : ' faint'}" d="M${PLOT.left} ${at}H${PLOT.right}"/>`;
    return label ? `${line}<text class="tick end" x="${PLOT.left - 10}" y="${at + 4}">${label}</text>` : line;
  });
  const columns = x.ticks.map(({ value, label }) => {
    const at = round(x.toPixel(value));
    return (
      `<path class="grid" d="M${at} ${PLOT.top}V${PLOT.bottom}"/>` +
      `<text class="tick middle" x="${at}" y="${PLOT.bottom + 20}">${label}</text>`
    );
  });
  const caption = `<text class="tick middle" x="${MIDDLE_X}" y="${PLOT.bottom + 46}">percentile: the share of values that are no higher</text>`;
  return [...rows, ...columns, caption].join('\n');
}

/** A staircase, since that is what percentiles of finitely many values are, and its dots. */
function curve(series: LatencySeries, colour: string, x: Axis, y: Axis, alone: boolean): string {
  const { histogram } = series;
  const start = y.toPixel(minLatency(histogram));
  let [lastX, lastY] = [PLOT.left, start];
  let path = `M${lastX} ${round(lastY)}`;
  let below = 0;
  for (const cell of recordedCells(histogram)) {
    const nextX = x.toPixel((100 * below) / histogram.totalCount);
    const nextY = y.toPixel(Math.min(cell.highestNs, histogram.maxValue));
    if (nextX - lastX >= MIN_VERTEX_DISTANCE || Math.abs(nextY - lastY) >= MIN_VERTEX_DISTANCE) {
      path += `H${round(nextX)}V${round(nextY)}`;
      [lastX, lastY] = [nextX, nextY];
    }
    below += cell.count;
  }
  // 100 % is infinitely far away. The last value stands half a value before it.
  const end = x.toPixel(100 - 50 / histogram.totalCount);
  path += `H${round(end)}`;
  const markers = MARKERS.filter(({ percentile }) => percentile === 100 || hasValuesBeyond(histogram, percentile));
  const dots = markers.map(({ name, percentile }) => {
    const ns = latencyAtPercentile(histogram, percentile);
    const [atX, atY] = [Math.min(x.toPixel(percentile), end), y.toPixel(ns)];
    const text = `${name} ${formatNs(ns)}`;
    const tooltip = `<title>${escapeXml(`${series.label} ${text}`)}</title>`;
    const dot = `<circle class="dot ${colour}" cx="${round(atX)}" cy="${round(atY)}" r="4.5">${tooltip}</circle>`;
    return alone ? dot + mark(text, atX, atY, percentile === 50) : dot;
  });
  const area = alone ? `<path class="area" d="${path}V${PLOT.bottom}H${PLOT.left}Z"/>` : '';
  return `<g>${area}<path class="curve ${colour}" d="${path}"/>${dots.join('')}</g>`;
}

/** The text of a dot. A curve that only rises leaves room to the right below it and to the left above it. */
function mark(text: string, x: number, y: number, right: boolean): string {
  const below = right && y + 28 < PLOT.bottom;
  const place = `x="${round(x + (right ? 8 : -8))}" y="${round(y + (below ? 20 : -12))}"`;
  return `<text class="mark${right ? '' : ' end'}" ${place}>${text}</text>`;
}

/** A table: the colour and label of each curve, its count, the figures of its dots, and p99.9. */
function legend(series: readonly LatencySeries[]): string {
  const columns = ['count', 'p50', 'p99', 'p99.9', 'max'];
  const row = (texts: readonly string[], y: number, name: string): string =>
    texts
      .map((text, index) => {
        const x = PLOT.right - (columns.length - 1 - index) * LEGEND.columnWidth;
        return `<text class="${name} end" x="${x}" y="${y}">${text}</text>`;
      })
      .join('');
  const rows = series.map(({ label, histogram }, index) => {
    const y = LEGEND.top + (index + 1) * LEGEND.rowHeight;
    const figures = [50, 99, 99.9, 100].map((percentile) =>
      histogram.totalCount === 0 ? '—' : formatNs(latencyAtPercentile(histogram, percentile)),
    );
    return (
      `<rect class="dot ${seriesClass(index)}" x="${PLOT.left}" y="${y - 10}" width="18" height="10" rx="3"/>` +
      `<text class="label" x="${PLOT.left + 28}" y="${y}">${escapeXml(shorten(label))}</text>` +
      row([countFormat.format(histogram.totalCount), ...figures], y, 'label')
    );
  });
  return [row(columns, LEGEND.top, 'tick'), ...rows].join('\n');
}

function describe({ label, histogram }: LatencySeries): string {
  if (histogram.totalCount === 0) return `${label}: no latencies recorded`;
  const figures = MARKERS.map(
    ({ name, percentile }) => `${name} ${formatNs(latencyAtPercentile(histogram, percentile))}`,
  );
  return `${label}: ${figures.join(', ')}`;
}

/** The class that gives a series its colour; from the seventh on they repeat. */
function seriesClass(index: number): string {
  return `s${index % LIGHT.series.length}`;
}

/** As much of a label as fits beside the columns of the legend. */
function shorten(label: string): string {
  return label.length <= MAX_LABEL_LENGTH ? label : `${label.slice(0, MAX_LABEL_LENGTH - 1)}…`;
}

function style(): string {
  return `svg { font-family: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
text { font-size: 13px; font-variant-numeric: tabular-nums; }
.title { font-size: 21px; font-weight: 600; }
.tick { font-size: 12px; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.mark { font-weight: 600; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.grid { fill: none; stroke-width: 1; }
.faint { stroke-opacity: 0.5; }
.curve { fill: none; stroke-width: 2.25; stroke-linejoin: round; }
.dot { stroke-width: 2; }
.area { fill-opacity: 0.08; }
${colours(LIGHT)}
@media (prefers-color-scheme: dark) {
${colours(DARK)}
}`;
}

function colours(palette: typeof LIGHT): string {
  return [
    `.background { fill: ${palette.background}; }`,
    `.title, .mark, .label { fill: ${palette.text}; }`,
    `.muted, .tick { fill: ${palette.muted}; }`,
    `.grid { stroke: ${palette.grid}; }`,
    `.mark, .dot { stroke: ${palette.background}; }`,
    `.area { fill: ${palette.series[0]}; }`,
    ...palette.series.map(
      (colour, index) => `.curve.s${index} { stroke: ${colour}; } .dot.s${index} { fill: ${colour}; }`,
    ),
  ].join('\n');
}

/** Tenths of a pixel: finer than any screen, and half the size of the file. */
function round(pixel: number): number {
  return Math.round(pixel * 10) / 10;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or attribute. Control characters, which XML cannot express, become spaces. */
function escapeXml(text: string): string {
  return text.replace(/\p{Cc}|\p{Cs}/gu, ' ').replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}
