import type { Spread } from '../harness/statistics.js';
import { escapeXml, pixel, seriesClass, svgDocument } from './svg-style.js';

export interface LineSeries {
  readonly label: string;
  readonly points: readonly (Spread & { readonly x: number })[];
  /** What no contestant can pass: dashed. */
  readonly isLimit?: boolean;
}

export interface LineChart {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly series: readonly LineSeries[];
  formatX(value: number): string;
  formatY(value: number): string;
}

const WIDTH = 960;
const [LEFT, RIGHT, TOP, BOTTOM] = [96, 924, 92, 440] as const;
const LEGEND_ROW_HEIGHT = 22;

/** Medians over a logarithmic x, with a line from the least to the greatest at each point; y is logarithmic too. */
export function lineChart(chart: LineChart): string {
  const { title, subtitle, series, formatX, formatY, xLabel } = chart;
  const points = series.flatMap((each) => each.points);
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const [firstX, lastX] = [xs[0]!, xs.at(-1)!];
  const ticks = ticksBetween(Math.min(...points.map(({ min }) => min)), Math.max(...points.map(({ max }) => max)));
  const [firstY, lastY] = [ticks[0]!, ticks.at(-1)!];
  const toX = (x: number) => pixel(LEFT + share(x, firstX, lastX) * (RIGHT - LEFT));
  const toY = (y: number) => pixel(BOTTOM - share(y, firstY, lastY) * (BOTTOM - TOP));
  const rows = ticks.map(
    (tick) =>
      `<path class="grid" d="M${LEFT} ${toY(tick)}H${RIGHT}"/><text class="tick end" x="${LEFT - 10}" y="${toY(tick) + 4}">${escapeXml(formatY(tick))}</text>`,
  );
  const columns = xs.map(
    (x) =>
      `<path class="grid" d="M${toX(x)} ${TOP}V${BOTTOM}"/><text class="tick middle" x="${toX(x)}" y="${BOTTOM + 20}">${escapeXml(formatX(x))}</text>`,
  );
  const caption = `<text class="tick middle" x="${(LEFT + RIGHT) / 2}" y="${BOTTOM + 42}">${escapeXml(xLabel)}</text>`;
  const curves = series.map((each, index) => curve(each, seriesClass(index), toX, toY));
  const legend = series.map(({ label }, index) => {
    const y = BOTTOM + 66 + index * LEGEND_ROW_HEIGHT;
    return `<rect class="fill ${seriesClass(index)}" x="${LEFT}" y="${y - 10}" width="18" height="10" rx="3"/><text class="label" x="${LEFT + 28}" y="${y}">${escapeXml(label)}</text>`;
  });
  const height = BOTTOM + 66 + series.length * LEGEND_ROW_HEIGHT;
  return svgDocument(WIDTH, height, title, subtitle, [...rows, ...columns, caption, ...curves, ...legend].join('\n'));
}

function curve(
  { points, isLimit }: LineSeries,
  colour: string,
  toX: (x: number) => number,
  toY: (y: number) => number,
): string {
  const path = points.map(({ x, median }) => `${toX(x)} ${toY(median)}`).join('L');
  const whiskers = points.map(({ x, min, max }) => `M${toX(x)} ${toY(min)}V${toY(max)}`).join('');
  const dots = points.map(
    ({ x, median }) => `<circle class="fill ${colour}" cx="${toX(x)}" cy="${toY(median)}" r="3.5"/>`,
  );
  return `<path class="curve ${colour}${isLimit ? ' limit' : ''}" d="M${path}"/><path class="whisker" d="${whiskers}"/>${dots.join('')}`;
}

/** Where a value is between two others, by its logarithm. A single value is in the middle. */
function share(value: number, first: number, last: number): number {
  return first === last ? 0.5 : Math.log(value / first) / Math.log(last / first);
}

/** 1-2-5 in every decade: the last not above `min` to the first not below `max`. */
function ticksBetween(min: number, max: number): number[] {
  const ticks: number[] = [];
  for (let decade = 10 ** Math.floor(Math.log10(min)); ; decade *= 10) {
    for (const tick of [decade, 2 * decade, 5 * decade]) {
      if (tick <= min) ticks.length = 0;
      ticks.push(tick);
      if (tick >= max) return ticks;
    }
  }
}
