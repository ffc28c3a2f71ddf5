import type { Spread } from '../harness/statistics.js';
import type { Colour } from './colours.js';
import { escapeXml, pixel, svgDocument, textWidth } from './svg-style.js';
import { type Steps, ticksBetween } from './ticks.js';

export interface LineSeries {
  readonly label: string;
  readonly colour: Colour;
  readonly points: readonly (Spread & { readonly x: number })[];
  /** What no contestant can pass: dashed. */
  readonly isLimit?: boolean;
}

export interface LineChart {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly series: readonly LineSeries[];
  /** Of y; decimal unless it is bytes. */
  readonly steps?: Steps;
  formatX(value: number): string;
  formatY(value: number): string;
}

const WIDTH = 960;
const [LEFT, RIGHT, TOP, BOTTOM] = [96, 920, 92, 440] as const;
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
  const [firstX, lastX] = [xs[0]!, xs.at(-1)!];
  const ticks = ticksBetween(
    Math.min(...points.map(({ min }) => min)),
    Math.max(...points.map(({ max }) => max)),
    steps,
  );
  const [firstY, lastY] = [ticks[0]!, ticks.at(-1)!];
  const toX = (x: number) => pixel(LEFT + share(x, firstX, lastX) * (RIGHT - LEFT));
  const toY = (y: number) => pixel(BOTTOM - share(y, firstY, lastY) * (BOTTOM - TOP));
  const rows = ticks.map(
    (tick) =>
      `<path class="grid" d="M${LEFT} ${toY(tick)}H${RIGHT}"/><text class="tick end" x="${LEFT - 10}" y="${toY(tick) + 4}">${escapeXml(formatY(tick))}</text>`,
  );
  const labelled = xsWithLabels(xs, toX, formatX);
  const columns = xs.map((x) => {
    const line = `<path class="grid" d="M${toX(x)} ${TOP}V${BOTTOM}"/>`;
    if (!labelled.includes(x)) return line;
    return `${line}<text class="tick middle" x="${toX(x)}" y="${BOTTOM + 20}">${escapeXml(formatX(x))}</text>`;
  });
  const caption = `<text class="tick middle" x="${(LEFT + RIGHT) / 2}" y="${BOTTOM + 42}">${escapeXml(xLabel)}</text>`;
  const curves = series.map((each, index) => {
    const aside = (index - (series.length - 1) / 2) * ASIDE;
    return curve(each, index, (x) => pixel(toX(x) + aside), toY);
  });
  const legend = series.map((each, index) => legendRow(each, index, BOTTOM + 70 + index * LEGEND_ROW_HEIGHT));
  const height = BOTTOM + 66 + series.length * LEGEND_ROW_HEIGHT;
  return svgDocument(WIDTH, height, title, subtitle, [...rows, ...columns, caption, ...curves, ...legend].join('\n'));
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
    `<path class="curve ${colour}${isLimit ? ' limit' : ''}" d="M${LEFT} ${y - 4}H${LEFT + 32}"/>` +
    `${dot(LEFT + 16, y - 4, index, colour)}<text class="label" x="${LEFT + 44}" y="${y}">${escapeXml(label)}</text>`
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

/** Where a value is between two others, by its logarithm. A single value is in the middle. */
function share(value: number, first: number, last: number): number {
  return first === last ? 0.5 : Math.log(value / first) / Math.log(last / first);
}
