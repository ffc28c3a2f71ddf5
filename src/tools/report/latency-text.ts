import { formatCount, hasColour, heading, outputWidth } from '../output.js';
import type { LatencyContext } from './latency-summary.js';
import { percentileTable } from './percentile-table.js';
import { terminalPlot } from './terminal-plot.js';

/** What a latency command prints for people: a heading, the percentiles, the distribution. */
export function latencyText(histogram: Parameters<typeof percentileTable>[0], context: LatencyContext): string {
  const title = `${context.mode} latency, ${formatCount(histogram.totalCount)} messages of ${context.payloadBytes} B`;
  if (histogram.totalCount === 0) return `${heading(`${context.mode} latency`)}: no messages to measure.\n`;
  const lost = context.lost === 0 ? [] : [`${formatCount(context.lost)} messages were lost on the way.`, ''];
  return [
    heading(title),
    '',
    percentileTable(histogram, hasColour()),
    '',
    terminalPlot(histogram, { width: outputWidth(), colour: hasColour() }),
    '',
    ...lost,
  ].join('\n');
}
