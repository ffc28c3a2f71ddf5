import type { Spread } from '../harness/statistics.js';
import { escapeXml, pixel, seriesClass, svgDocument } from './svg-style.js';

export interface BarChart {
  readonly title: string;
  readonly subtitle: string;
  readonly bars: readonly (Spread & { readonly label: string })[];
  format(value: number): string;
}

const WIDTH = 960;
const LABELS_WIDTH = 240;
const FIGURES_WIDTH = 90;
const TOP = 92;
const ROW_HEIGHT = 28;
const BAR_HEIGHT = 18;

/** A bar a contestant on a logarithmic scale: the median, and a line from the least to the greatest. The first stands out. */
export function barChart({ title, subtitle, bars, format }: BarChart): string {
  const least = 10 ** Math.floor(Math.log10(Math.min(...bars.map(({ min }) => min))));
  const most = Math.max(...bars.map(({ max }) => max));
  const left = LABELS_WIDTH;
  const right = WIDTH - FIGURES_WIDTH;
  const toX = (value: number) => pixel(left + (Math.log(value / least) / Math.log(most / least)) * (right - left));
  const bottom = TOP + bars.length * ROW_HEIGHT;
  const grid: string[] = [];
  for (let tick = least; tick <= most; tick *= 10) {
    const x = toX(tick);
    grid.push(
      `<path class="grid" d="M${x} ${TOP - 8}V${bottom}"/><text class="tick middle" x="${x}" y="${bottom + 20}">${format(tick)}</text>`,
    );
  }
  const rows = bars.map(({ label, median, min, max }, index) => {
    const y = TOP + index * ROW_HEIGHT;
    const middle = y + BAR_HEIGHT / 2;
    return (
      `<text class="label end" x="${left - 12}" y="${y + 14}">${escapeXml(label)}</text>` +
      `<rect class="fill ${seriesClass(index === 0 ? 0 : 5)}" x="${left}" y="${y}" width="${pixel(toX(median) - left)}" height="${BAR_HEIGHT}" rx="2"/>` +
      `<path class="whisker" d="M${toX(min)} ${middle}H${toX(max)}"/>` +
      `<text class="label" x="${toX(max) + 8}" y="${y + 14}">${format(median)}</text>`
    );
  });
  return svgDocument(WIDTH, bottom + 40, title, subtitle, [...grid, ...rows].join('\n'));
}
