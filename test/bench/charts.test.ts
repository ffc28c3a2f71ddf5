import { expect, test } from 'vitest';
import { barChart, type LineSeries, lineChart } from '../../bench/report/charts.js';
import { elementsOf } from '../tools/xml.js';

const point = (x: number, median: number) => ({ x, median, min: median / 2, max: median * 2 });
const base = { title: 'a < b', subtitle: '"c" & d', formatX: String, formatY: String };

test('a line chart has a curve for each series and a dot for each point', () => {
  const series: LineSeries[] = [
    { label: 'Hermes', colour: 'hermes', points: [point(16, 100), point(64, 90), point(4096, 10)] },
    { label: 'limit <', colour: 'limit', points: [point(16, 1000)], isLimit: true },
  ];
  const svg = lineChart({ ...base, xLabel: 'payload', series });
  const elements = elementsOf(svg);
  expect(elements).toContain('path');
  expect(svg.match(/class="fill hermes dot"/g)).toHaveLength(3 + 1); // and one in the legend
  expect(svg.match(/class="fill limit dot"/g)).toHaveLength(1 + 1);
  expect(svg.match(/class="curve limit limit"/g)).toHaveLength(1 + 1);
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test('a line chart of a single value is drawn, too', () => {
  const svg = lineChart({
    ...base,
    xLabel: 'payload',
    series: [{ label: 'Hermes', colour: 'hermes', points: [{ x: 1, median: 5, min: 5, max: 5 }] }],
  });
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test('a bar chart has a bar for each contestant, longer for more', () => {
  const bars = [
    { label: 'Hermes', ...point(0, 1e7) },
    { label: 'a & b', ...point(0, 1e5) },
  ];
  const svg = barChart({ title: 'a', subtitle: 'b', bars, format: String });
  elementsOf(svg);
  const widths = [...svg.matchAll(/<rect class="fill [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths).toHaveLength(2);
  expect(widths[0]).toBeGreaterThan(widths[1]!);
});

test('labels of the x axis that would touch are left out, but for the last', () => {
  const xs = [1, 2, 4, 6, 8].map((million) => million * 1e6);
  const series: LineSeries[] = [{ label: 'Hermes', colour: 'hermes', points: xs.map((x) => point(x, x)) }];
  const formatX = (x: number) => `${x}`.padStart(30, '0');
  const svg = lineChart({ ...base, formatX, xLabel: 'rate', series });
  const labels = [...svg.matchAll(/class="tick middle" x="[\d.]+" y="460">(0+\d+)</g)].map(([, label]) =>
    Number(label),
  );
  expect(labels).toEqual([1e6, 2e6, 4e6, 8e6]);
});
