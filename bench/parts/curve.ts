import type { Rounds } from '../harness/rounds.js';
import { type Spread, spreadOf } from '../harness/statistics.js';
import type { LineSeries } from '../report/line-chart.js';
import type { Table } from '../report/section.js';
import { spreadText } from '../report/spread-text.js';

/** The key of a point in the rounds. */
export function pointKey(label: string, x: number): string {
  return `${label} at ${x}`;
}

/** The points of one curve, where they could be measured. `scale` makes of a sample what is shown. */
export function curveOf(
  { samples }: Rounds<number>,
  label: string,
  xs: readonly number[],
  scale: (sample: number, x: number) => number = (sample) => sample,
): LineSeries {
  const points = xs.flatMap((x): (Spread & { x: number })[] => {
    const found = samples.get(pointKey(label, x));
    return found === undefined ? [] : [{ x, ...spreadOf(found.map((sample) => scale(sample, x))) }];
  });
  return { label, points };
}

/** A row for each x, a column for each curve. */
export function curveTable(
  xTitle: string,
  xs: readonly number[],
  series: readonly LineSeries[],
  formatX: (x: number) => string,
  formatY: (value: number) => string,
): Table {
  const cell = ({ points }: LineSeries, x: number) => {
    const point = points.find((each) => each.x === x);
    return point === undefined ? '—' : spreadText(point, formatY);
  };
  return {
    header: [xTitle, ...series.map(({ label }) => label)],
    rows: xs.map((x) => [formatX(x), ...series.map((each) => cell(each, x))]),
  };
}
