import type { JsHistogram } from 'hdr-histogram-js';
import { formatNs } from './duration-format.js';
import { latencyAxis, percentileAxis } from './latency-axes.js';
import { hasValuesBeyond, latencyAtPercentile, minLatency, recordedCells } from './latency-histogram.js';
import { type Axis, grid, type Plot } from './svg-axes.js';
import { escapeXml, type Ink, pixel, svgDocument } from './svg-document.js';

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
const PLOT: Plot = { left: 84, right: 924, top: 92, bottom: 460 };
const MIDDLE_X = (PLOT.left + PLOT.right) / 2;
const LEGEND = { top: 540, rowHeight: 24, columnWidth: 92 };

/** Characters of a label in the legend. */
const MAX_LABEL_LENGTH = 44;

/** A curve's vertex nearer than this to the one before, in pixels, is left out. */
const MIN_VERTEX_DISTANCE = 0.5;

/** Of the curves, by their class. From the seventh curve on they repeat. */
const INKS: Readonly<Record<string, Ink>> = {
  s0: { light: '#2563eb', dark: '#58a6ff' },
  s1: { light: '#ea580c', dark: '#fb923c' },
  s2: { light: '#059669', dark: '#3fb98a' },
  s3: { light: '#9333ea', dark: '#c084fc' },
  s4: { light: '#db2777', dark: '#f472b6' },
  s5: { light: '#0891b2', dark: '#22d3ee' },
};

const CAPTION = 'percentile: the share of values that are no higher';

/** The dots on a curve; p50 and p99 only where the maximum is another one. */
const MARKERS = [
  { name: 'p50', percentile: 50 },
  { name: 'p99', percentile: 99 },
  { name: 'max', percentile: 100 },
] as const;

const countFormat = new Intl.NumberFormat('en-US');

/**
 * The percentile curves of one or more histograms of nanoseconds as an SVG document: percentiles in nines to the right,
 * latency upwards. Series without values appear in the legend alone.
 */
export function latencySvg(series: readonly LatencySeries[], options: LatencySvgOptions): string {
  const many = series.length > 1;
  const height = many ? LEGEND.top + (series.length + 1) * LEGEND.rowHeight : LEGEND.top;
  const count = series[0]?.histogram.totalCount ?? 0;
  const counted = many ? [] : [`${countFormat.format(count)} ${count === 1 ? 'value' : 'values'}`];
  return svgDocument({
    width: WIDTH,
    height,
    left: PLOT.left,
    title: options.title,
    subtitle: [...options.details, ...counted].join(' · '),
    description: series.map(describe).join('; '),
    inks: INKS,
    body: `${plot(series)}\n${many ? legend(series) : ''}`,
  });
}

function plot(series: readonly LatencySeries[]): string {
  const histograms = series.map(({ histogram }) => histogram).filter(({ totalCount }) => totalCount > 0);
  if (histograms.length === 0) {
    return `<text class="muted middle" x="${MIDDLE_X}" y="${(PLOT.top + PLOT.bottom) / 2}">no latencies recorded</text>`;
  }
  const x = percentileAxis(PLOT, Math.max(...histograms.map(({ totalCount }) => totalCount)));
  const y = latencyAxis(
    PLOT,
    Math.min(...histograms.map(minLatency)),
    Math.max(...histograms.map(({ maxValue }) => maxValue)),
  );
  const curves = series.map((entry, index) =>
    entry.histogram.totalCount === 0 ? '' : curve(entry, seriesClass(index), x, y, series.length === 1),
  );
  return [grid(PLOT, x, y, CAPTION), ...curves].join('\n');
}

/** A staircase, since that is what percentiles of finitely many values are, and its dots. */
function curve(series: LatencySeries, colour: string, x: Axis, y: Axis, alone: boolean): string {
  const { histogram } = series;
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
    const tooltip = `<title>${escapeXml(`${series.label} ${text}`)}</title>`;
    const dot = `<circle class="fill ${colour} dot" cx="${pixel(atX)}" cy="${pixel(atY)}" r="4.5">${tooltip}</circle>`;
    return alone ? dot + mark(text, atX, atY, percentile === 50) : dot;
  });
  const area = alone ? `<path class="fill ${colour} area" d="${path}V${PLOT.bottom}H${PLOT.left}Z"/>` : '';
  return `<g>${area}<path class="curve ${colour}" d="${path}"/>${dots.join('')}</g>`;
}

/** The text of a dot. A curve that only rises leaves room to the right below it and to the left above it. */
function mark(text: string, x: number, y: number, right: boolean): string {
  const below = right && y + 28 < PLOT.bottom;
  const place = `x="${pixel(x + (right ? 8 : -8))}" y="${pixel(y + (below ? 20 : -12))}"`;
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
      `<rect class="fill ${seriesClass(index)}" x="${PLOT.left}" y="${y - 10}" width="18" height="10" rx="3"/>` +
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
  return `s${index % Object.keys(INKS).length}`;
}

/** As much of a label as fits beside the columns of the legend. */
function shorten(label: string): string {
  return label.length <= MAX_LABEL_LENGTH ? label : `${label.slice(0, MAX_LABEL_LENGTH - 1)}…`;
}
