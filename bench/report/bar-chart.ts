import type { Spread } from '../harness/statistics.js';
import { colourOf } from './colours.js';
import { escapeXml, pixel, svgDocument, textWidth } from './svg-style.js';

export interface Bar extends Spread {
  /** The contestant, which gives it its colour. */
  readonly label: string;
  /** A second figure, as a circle. */
  readonly mark?: number;
}

export interface BarChart {
  readonly title: string;
  readonly subtitle: string;
  readonly bars: readonly Bar[];
  format(value: number): string;
}

const WIDTH = 960;
/** Pixels between a text and what is beside it, and the least between a text and the edge. */
const GAP = 10;
const EDGE = 24;
const TOP = 92;
const ROW_HEIGHT = 28;
const BAR_HEIGHT = 18;

/** A bar a contestant on a logarithmic scale: the median, and a line from the least to the greatest. */
export function barChart({ title, subtitle, bars, format }: BarChart): string {
  const least = 10 ** Math.floor(Math.log10(Math.min(...bars.map(({ min }) => min))));
  const ends = bars.map(({ max, mark = 0 }) => Math.max(max, mark));
  const most = Math.max(...ends);
  const left = EDGE + GAP + Math.max(...bars.map(({ label }) => textWidth(label)));
  const right = WIDTH - EDGE - GAP - Math.max(...bars.map(({ median }) => textWidth(format(median))));
  const toX = (value: number) => pixel(left + (Math.log(value / least) / Math.log(most / least)) * (right - left));
  const bottom = TOP + bars.length * ROW_HEIGHT;
  const grid: string[] = [];
  for (let tick = least; tick <= most; tick *= 10) {
    const x = toX(tick);
    grid.push(
      `<path class="grid" d="M${x} ${TOP - 8}V${bottom}"/><text class="tick middle" x="${x}" y="${bottom + 20}">${format(tick)}</text>`,
    );
  }
  const rows = bars.map(({ label, median, min, max, mark }, index) => {
    const y = TOP + index * ROW_HEIGHT;
    const middle = y + BAR_HEIGHT / 2;
    return (
      `<text class="label end" x="${pixel(left - GAP)}" y="${y + 14}">${escapeXml(label)}</text>` +
      `<rect class="fill ${colourOf(label)}" x="${pixel(left)}" y="${y}" width="${pixel(toX(median) - left)}" height="${BAR_HEIGHT}" rx="2"/>` +
      `<path class="whisker" d="M${toX(min)} ${middle}H${toX(max)}M${toX(min)} ${middle - 4}v8M${toX(max)} ${middle - 4}v8"/>` +
      (mark === undefined ? '' : `<circle class="mark" cx="${toX(mark)}" cy="${middle}" r="4.5"/>`) +
      `<text class="label" x="${pixel(toX(ends[index]!) + GAP)}" y="${y + 14}">${format(median)}</text>`
    );
  });
  return svgDocument(WIDTH, bottom + 40, title, subtitle, [...grid, ...rows].join('\n'));
}
