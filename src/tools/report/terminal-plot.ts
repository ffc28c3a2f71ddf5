import type { JsHistogram } from 'hdr-histogram-js';
import { formatCount } from '../output.js';
import { formatNs } from './duration-format.js';
import { type Bucket, chooseScale, emptyRun, fillBuckets, lowestOfCell, MIN_GAP } from './latency-buckets.js';
import { hasValuesBeyond, latencyAtPercentile, recordedCells } from './latency-histogram.js';

interface TerminalPlotOptions {
  /** Columns to use. Below about 50 the lines are as wide as their labels and the shortest bar make them. */
  readonly width: number;
  /** Whether to use ANSI escape sequences; only for a terminal. */
  readonly colour: boolean;
}

const MIN_BAR_WIDTH = 8;
const MAX_DIGITS = 15;
const SHARE_WIDTH = '100.00 %'.length;

/** Percentiles that are marked beside the bucket they fall into. */
const MARKED_PERCENTILES = [50, 90, 99, 99.9, 99.99];

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** ANSI "select graphic rendition" codes. */
const DIM = 2;
const YELLOW = 33;
const CYAN = 36;

/**
 * The distribution of a histogram of nanoseconds as horizontal bars for a terminal, without a newline at the end. A
 * line is a bucket: its lower boundary, a bar in proportion to its count (at least an eighth of a column), the count,
 * its share, and the percentiles that fall into it. Buckets are logarithmic, or equally wide in a narrow range; where
 * a long tail gets wider ones than the bulk, a line says so, and a run of empty ones is shown as `⋮`.
 */
export function terminalPlot(histogram: JsHistogram, options: TerminalPlotOptions): string {
  const cells = recordedCells(histogram);
  if (cells.length === 0) return 'no latencies recorded';
  const { boundaries, seams } = chooseScale(histogram, cells);
  const buckets = fillBuckets(cells, boundaries);

  // Boundaries are round numbers, which all digits show exactly.
  const labels = buckets.map(({ fromNs }) => formatNs(fromNs, MAX_DIGITS));
  const counts = buckets.map(({ count }) => (count === 0 ? '' : formatCount(count)));
  const labelWidth = widest(['from', ...labels]);
  const countWidth = widest(['count', ...counts]);
  const plainWidth = labelWidth + ' │ '.length + countWidth + 1 + SHARE_WIDTH;
  let marks = buckets.map((bucket) => marksIn(histogram, bucket));
  if (options.width < plainWidth + MIN_BAR_WIDTH + 2 + widest(marks)) marks = marks.map(() => '');
  const barWidth = Math.max(options.width - plainWidth - (widest(marks) && 2 + widest(marks)), MIN_BAR_WIDTH);
  const highest = Math.max(...buckets.map(({ count }) => count));

  const paint = (sgr: number, text: string): string => (options.colour && text ? `\x1b[${sgr}m${text}\x1b[0m` : text);
  const indent = ' '.repeat(labelWidth);
  const header = [
    'from'.padStart(labelWidth),
    ' '.repeat(barWidth + 1),
    'count'.padStart(countWidth),
    'share'.padStart(SHARE_WIDTH),
  ];
  const lines = [paint(DIM, header.join(' '))];
  for (let index = 0; index < buckets.length; index++) {
    const { fromNs, count } = buckets[index]!;
    const seam = seams.find(({ atNs }) => atNs === fromNs);
    if (seam && index > 0) lines.push(paint(DIM, `${indent} ├╌╌ ${seam.wider} wider buckets`));
    const gap = emptyRun(buckets, index);
    if (gap >= MIN_GAP) {
      lines.push(paint(DIM, `${'⋮'.padStart(labelWidth)} ┊`));
      index += gap - 1;
      continue;
    }
    const filled = bar(count / highest, barWidth);
    const share = count === 0 ? '' : formatShare(count / histogram.totalCount);
    const line = [
      labels[index]!.padStart(labelWidth),
      paint(DIM, '│') + paint(CYAN, filled) + ' '.repeat(barWidth - filled.length),
      paint(DIM, counts[index]!.padStart(countWidth)),
      `${share.padStart(SHARE_WIDTH)}  ${paint(YELLOW, marks[index]!)}`,
    ];
    lines.push(line.join(' ').trimEnd());
  }
  return lines.join('\n');
}

/** A bar of `fraction` of `width` columns to the nearest eighth; never invisible when there is something to show. */
function bar(fraction: number, width: number): string {
  if (fraction === 0) return '';
  const eighths = Math.max(Math.round(fraction * width * 8), 1);
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
}

function formatShare(fraction: number): string {
  return fraction < 0.00005 ? '<0.01 %' : `${(fraction * 100).toFixed(2)} %`;
}

/** The percentiles within the bucket, as a range when they are many, and the maximum. */
function marksIn(histogram: JsHistogram, { fromNs, toNs }: Bucket): string {
  const within = (ns: number): boolean => {
    const lowest = lowestOfCell(histogram, ns);
    return lowest >= fromNs && lowest < toNs;
  };
  const marks = MARKED_PERCENTILES.filter(
    (percentile) => hasValuesBeyond(histogram, percentile) && within(latencyAtPercentile(histogram, percentile)),
  ).map((percentile) => `p${percentile}`);
  const shown = marks.length > 2 ? [`${marks[0]}…${marks.at(-1)}`] : marks;
  if (within(histogram.maxValue)) shown.push(`max ${formatNs(histogram.maxValue)}`);
  return shown.join(' ');
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}
