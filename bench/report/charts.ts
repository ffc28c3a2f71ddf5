import { type Axis, columns, grid, logarithmicScale, type Plot } from '../../src/tools/report/svg-axes.js';
import { escapeXml, pixel, svgDocument, textWidth } from '../../src/tools/report/svg-document.js';
import { type Steps, ticksBetween } from '../../src/tools/report/ticks.js';
import { BARE, CLAIMS, COPY, DOORBELL, HERMES, NATIVE, NATS, REDIS, ZEROMQ } from '../contestants/contestant.js';
import type { Spread } from '../runner/rounds.js';

/**
 * Every contestant has one colour, in every chart: after Okabe and Ito, so that people who see fewer colours can tell them apart, and
 * darker or lighter where the background is light or dark. Curves of Hermes alone are shades of its blue.
 */
const COLOURS = {
  hermes: { light: '#0072b2', dark: '#4aa8e0' },
  claims: { light: '#3f9fd8', dark: '#9bd3f5' },
  doorbell: { light: '#a2478a', dark: '#cc79b0' },
  native: { light: '#d55e00', dark: '#ff8a3d' },
  bare: { light: '#b88a00', dark: '#b98f17' },
  kernel: { light: '#008060', dark: '#1d8f71' },
  server: { light: '#6b7280', dark: '#6b7684' },
  limit: { light: '#4b5563', dark: '#b6bec9' },
  shade0: { light: '#7fb8dc', dark: '#3a7fb0' },
  shade1: { light: '#3a94cb', dark: '#5fa9d9' },
  shade2: { light: '#0072b2', dark: '#93cbee' },
  shade3: { light: '#003f66', dark: '#d3ebfa' },
} as const;

export type Colour = keyof typeof COLOURS;

const OF_CONTESTANTS: Readonly<Record<string, Colour>> = {
  [HERMES]: 'hermes',
  [CLAIMS]: 'claims',
  [DOORBELL]: 'doorbell',
  [NATIVE]: 'native',
  [COPY]: 'limit',
  [ZEROMQ]: 'kernel',
  [REDIS]: 'server',
  [NATS]: 'server',
};

/** What is not named goes through the kernel, too. */
export function colourOf(contestant: string): Colour {
  if (Object.hasOwn(OF_CONTESTANTS, contestant)) return OF_CONTESTANTS[contestant]!;
  return contestant.startsWith(BARE) ? 'bare' : 'kernel';
}

/** Of the curves of Hermes alone, from the faintest to the strongest. */
export const SHADES: readonly Colour[] = ['shade0', 'shade1', 'shade2', 'shade3'];

interface Bar extends Spread {
  /** The contestant, which gives it its colour. */
  readonly label: string;
  /** A second figure, as a circle. */
  readonly mark?: number;
}

interface BarChart {
  readonly title: string;
  readonly subtitle: string;
  readonly bars: readonly Bar[];
  format(value: number): string;
}

const WIDTH = 960;
/** Where title, subtitle and the names of bars begin. */
const EDGE = 24;
const TOP = 92;

/** Pixels between a text and what is beside it, and the least between a text and the edge. */
const GAP = 10;
const ROW_HEIGHT = 28;
const BAR_HEIGHT = 18;

/** A bar a contestant on a logarithmic scale: the median, and a line from the least to the greatest. */
export function barChart({ title, subtitle, bars, format }: BarChart): string {
  const least = 10 ** Math.floor(Math.log10(Math.min(...bars.map(({ min }) => min))));
  const ends = bars.map(({ max, mark = 0 }) => Math.max(max, mark));
  const most = Math.max(...ends);
  const left = EDGE + GAP + Math.max(...bars.map(({ label }) => textWidth(label)));
  const right = WIDTH - EDGE - GAP - Math.max(...bars.map(({ median }) => textWidth(format(median))));
  const scale = logarithmicScale(least, most, left, right);
  const toX = (value: number) => pixel(scale(value));
  const bottom = TOP + bars.length * ROW_HEIGHT;
  const ticks: { value: number; label: string }[] = [];
  for (let value = least; value <= most; value *= 10) ticks.push({ value, label: format(value) });
  const lines = columns({ left, right, top: TOP - 8, bottom }, { toPixel: scale, ticks });
  const rows = bars.map(({ label, median, min, max, mark }, index) => {
    const y = TOP + index * ROW_HEIGHT;
    const middle = y + BAR_HEIGHT / 2;
    return (
      `<text class="label end" x="${pixel(left - GAP)}" y="${y + 14}">${escapeXml(label)}</text>` +
      `<rect class="fill ${colourOf(label)}" x="${pixel(left)}" y="${y}" width="${pixel(toX(median) - left)}" height="${BAR_HEIGHT}" rx="2"/>` +
      `<path class="whisker" d="M${toX(min)} ${middle}H${toX(max)}M${toX(min)} ${middle - 4}v8M${toX(max)} ${middle - 4}v8"/>` +
      (mark === undefined ? '' : `<circle class="circle" cx="${toX(mark)}" cy="${middle}" r="4.5"/>`) +
      `<text class="label" x="${pixel(toX(ends[index]!) + GAP)}" y="${y + 14}">${format(median)}</text>`
    );
  });
  return chartOf(bottom + 40, title, subtitle, [...lines, ...rows]);
}

export interface LineSeries {
  readonly label: string;
  readonly colour: Colour;
  readonly points: readonly (Spread & { readonly x: number })[];
  /** What no contestant can pass: dashed. */
  readonly isLimit?: boolean;
}

interface LineChart {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly series: readonly LineSeries[];
  /** Of y; decimal unless it is bytes. */
  readonly steps?: Steps;
  formatX(value: number): string;
  formatY(value: number): string;
}

const PLOT: Plot = { left: 96, right: 920, top: TOP, bottom: 440 };
const LEGEND_ROW_HEIGHT = 24;
/** Pixels between the series at one x, so that their lines from the least to the greatest are not drawn over each other. */
const ASIDE = 3;
/** Pixels that are free between two labels of the x axis. */
const LABEL_GAP = 10;

/** Medians over a logarithmic x, with a line from the least to the greatest at each point; y is logarithmic too. */
export function lineChart(chart: LineChart): string {
  const { title, subtitle, series, formatX, formatY, xLabel, steps = 'decimal' } = chart;
  const points = series.flatMap((each) => each.points);
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const xScale = logarithmicScale(xs[0]!, xs.at(-1)!, PLOT.left, PLOT.right);
  const toX = (value: number) => pixel(xScale(value));
  const labelled = xsWithLabels(xs, toX, formatX);
  const x: Axis = {
    toPixel: xScale,
    ticks: xs.map((value) => ({ value, label: labelled.includes(value) ? formatX(value) : '' })),
  };
  const ticks = ticksBetween(
    Math.min(...points.map(({ min }) => min)),
    Math.max(...points.map(({ max }) => max)),
    steps,
  );
  const yScale = logarithmicScale(ticks[0]!, ticks.at(-1)!, PLOT.bottom, PLOT.top);
  const toY = (value: number) => pixel(yScale(value));
  const y: Axis = { toPixel: yScale, ticks: ticks.map((value) => ({ value, label: formatY(value) })) };
  const curves = series.map((each, index) => {
    const aside = (index - (series.length - 1) / 2) * ASIDE;
    return curve(each, index, (x) => pixel(toX(x) + aside), toY);
  });
  const legend = series.map((each, index) => legendRow(each, index, PLOT.bottom + 70 + index * LEGEND_ROW_HEIGHT));
  const height = PLOT.bottom + 66 + series.length * LEGEND_ROW_HEIGHT;
  return chartOf(height, title, subtitle, [grid(PLOT, x, y, xLabel), ...curves, ...legend]);
}

/** Those whose labels do not touch the one before; the last always has one. */
function xsWithLabels(xs: readonly number[], toX: (x: number) => number, format: (x: number) => string): number[] {
  const half = (x: number) => textWidth(format(x)) / 2;
  const last = xs.at(-1)!;
  const chosen: number[] = [];
  for (const x of xs) {
    const before = chosen.at(-1);
    const isFree = (from: number, to: number) => toX(to) - half(to) - (toX(from) + half(from)) >= LABEL_GAP;
    if (x === last || ((before === undefined || isFree(before, x)) && isFree(x, last))) chosen.push(x);
  }
  return chosen;
}

function legendRow({ label, colour, isLimit }: LineSeries, index: number, y: number): string {
  return (
    `<path class="curve ${colour}${isLimit ? ' limit' : ''}" d="M${PLOT.left} ${y - 4}H${PLOT.left + 32}"/>` +
    `${dot(PLOT.left + 16, y - 4, index, colour)}<text class="label" x="${PLOT.left + 44}" y="${y}">${escapeXml(label)}</text>`
  );
}

function curve(
  { points, colour, isLimit }: LineSeries,
  index: number,
  toX: (x: number) => number,
  toY: (y: number) => number,
): string {
  const path = points.map(({ x, median }) => `${toX(x)} ${toY(median)}`).join('L');
  const whiskers = points.map(({ x, min, max }) => `M${toX(x)} ${toY(min)}V${toY(max)}`).join('');
  const dots = points.map(({ x, median }) => dot(toX(x), toY(median), index, colour));
  return `<path class="curve range ${colour}" d="${whiskers}"/><path class="curve ${colour}${isLimit ? ' limit' : ''}" d="M${path}"/>${dots.join('')}`;
}

/** Each series has a shape of its own, too: circle, square, triangle, diamond, and a triangle that points down. */
function dot(x: number, y: number, index: number, colour: Colour): string {
  const shapes = [
    'm-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z',
    'm-4 -4h8v8h-8z',
    'm0 -5.5l5 9h-10z',
    'm0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z',
    'm0 5.5l5 -9h-10z',
  ];
  return `<path class="fill ${colour} dot" d="M${x} ${y}${shapes[index % shapes.length]}"/>`;
}

function chartOf(height: number, title: string, subtitle: string, body: readonly string[]): string {
  return svgDocument({ width: WIDTH, height, left: EDGE, title, subtitle, inks: COLOURS, body: body.join('\n') });
}
