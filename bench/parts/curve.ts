import type { Recorded } from '../harness/rounds.js';
import { spreadOf } from '../harness/statistics.js';
import type { Colour } from '../report/colours.js';
import type { LineSeries } from '../report/line-chart.js';
import type { Table } from '../report/section.js';
import { spreadText } from '../report/spread-text.js';

/** The key of a point in the rounds. */
export function pointKey(label: string, x: number | ''): string {
  return `${label} at ${x}`;
}

/** Where the points of a curve are that could be measured. */
export function xsOf({ samples }: Recorded<unknown>, label: string): number[] {
  const start = pointKey(label, '');
  const xs = Object.keys(samples).flatMap((key) => (key.startsWith(start) ? [Number(key.slice(start.length))] : []));
  return xs.sort((a, b) => a - b);
}

/** The points of one curve. `scale` makes of a sample what is shown. */
export function curveOf(
  data: Recorded<number>,
  label: string,
  colour: Colour,
  scale: (sample: number, x: number) => number = (sample) => sample,
): LineSeries {
  const points = xsOf(data, label).map((x) => ({
    x,
    ...spreadOf(data.samples[pointKey(label, x)]!.map((sample) => scale(sample, x))),
  }));
  return { label, colour, points };
}

/** A row for each x, a column for each curve. */
export function curveTable(
  xTitle: string,
  series: readonly LineSeries[],
  formatX: (x: number) => string,
  formatY: (value: number) => string,
): Table {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const cell = ({ points }: LineSeries, x: number) => {
    const point = points.find((each) => each.x === x);
    return point === undefined ? '—' : spreadText(point, formatY);
  };
  return {
    header: [xTitle, ...series.map(({ label }) => label)],
    rows: xs.map((x) => [formatX(x), ...series.map((each) => cell(each, x))]),
  };
}
