import type { JsHistogram } from 'hdr-histogram-js';
import { formatCount } from '../output.js';
import { formatNs } from './duration-format.js';
import { hasValuesBeyond, latencyAtPercentile, meanLatency, recordedCells } from './latency-histogram.js';

/** In per cent. Those that no recorded value exceeds are left out, except for the last, the maximum. */
const PERCENTILES = [0, 50, 75, 90, 99, 99.9, 99.99, 99.999, 100];

const COLUMN_GAP = '   ';

/** A space and two letters. */
const UNIT_WIDTH = 3;

/** ANSI "select graphic rendition" codes. */
const BOLD = 1;
const DIM = 2;

/**
 * The percentiles of a histogram of nanoseconds as lines for a terminal, without a newline at the end: percentile,
 * latency, how many values exceed it; then mean, standard deviation and count. Says so if nothing was recorded. `colour`:
 * with ANSI escape sequences, which are only for a terminal.
 */
export function percentileTable(histogram: JsHistogram, colour: boolean): string {
  const count = histogram.totalCount;
  if (count === 0) return 'no latencies recorded';

  const rows = PERCENTILES.filter((percentile) => percentile % 100 === 0 || hasValuesBeyond(histogram, percentile)).map(
    (percentile) => {
      const ns = latencyAtPercentile(histogram, percentile);
      const [amount = '', unit = ''] = formatNs(ns).split(' ');
      return { percentile: `${percentile} %`, amount, unit, above: formatCount(countAbove(histogram, ns)) };
    },
  );
  const percentileWidth = widest(['percentile', ...rows.map((row) => row.percentile)]);
  const amountWidth = Math.max('latency'.length - UNIT_WIDTH, widest(rows.map((row) => row.amount)));
  const aboveWidth = widest(['count above', ...rows.map((row) => row.above)]);

  const paint = (sgr: number, text: string): string => (colour ? `\x1b[${sgr}m${text}\x1b[0m` : text);
  const header = [
    'percentile'.padStart(percentileWidth),
    'latency'.padStart(amountWidth + UNIT_WIDTH),
    'count above'.padStart(aboveWidth),
  ].join(COLUMN_GAP);
  const moments = [
    `mean ${paint(BOLD, formatNs(meanLatency(histogram)))}`,
    `stddev ${paint(BOLD, formatNs(histogram.stdDeviation))}`,
    `count ${paint(BOLD, formatCount(count))}`,
  ].join(COLUMN_GAP);
  return [
    paint(DIM, header),
    ...rows.map((row) =>
      [
        row.percentile.padStart(percentileWidth),
        // The unit is a column of its own, so that a change of unit catches the eye.
        paint(BOLD, row.amount.padStart(amountWidth) + ` ${row.unit}`.padEnd(UNIT_WIDTH)),
        paint(DIM, row.above.padStart(aboveWidth)),
      ].join(COLUMN_GAP),
    ),
    paint(DIM, '─'.repeat(header.length)),
    moments,
  ].join('\n');
}

/** How many values lie in cells above the one of `ns`. */
function countAbove(histogram: JsHistogram, ns: number): number {
  return recordedCells(histogram).reduce((sum, cell) => (cell.lowestNs > ns ? sum + cell.count : sum), 0);
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}
