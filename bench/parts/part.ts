import type { Field } from '../contestants/field.js';
import type { Colour, LineSeries } from '../report/charts.js';
import type { Section, Table } from '../report/section.js';
import type { Bench } from '../runner/bench.js';
import { type Recorded, spreadOf, spreadText } from '../runner/rounds.js';

/** One table or curve of the bench. */
export interface Part {
  /** What `--only` looks for. */
  readonly name: string;
  /** Every sample, as JSON has it: it is kept, so that it can be presented anew. */
  measure(bench: Bench, field: Field): Promise<unknown>;
  /** What a reader gets of what was measured, now or long ago; nothing else goes into it. */
  present(data: unknown): Section;
}

/** A part whose samples have a type. */
export function part<Data>(
  name: string,
  measure: (bench: Bench, field: Field) => Promise<Data>,
  present: (data: Data) => Section,
): Part {
  return { name, measure, present: (data) => present(data as Data) };
}

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
