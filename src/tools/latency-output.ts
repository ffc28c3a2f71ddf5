import type { InferredOptionTypes } from 'yargs';
import type { LatencyMeasurement } from './bench/latency.js';
import { json, writeData } from './output.js';
import { OutputFile } from './output-file.js';
import type { LatencyContext } from './report/latency-summary.js';
import type { Caption } from './report/latency-svg.js';

/** The options of latency commands that say what is made of the histogram. */
export const LATENCY_OUTPUT_OPTIONS = {
  json: { type: 'boolean', default: false, describe: 'One object' },
  hgrm: { type: 'string', describe: 'Also write the distribution to this file, for HdrHistogram plotters' },
  svg: { type: 'string', describe: 'Also draw it into this file' },
} as const;

type OutputArguments = Readonly<InferredOptionTypes<typeof LATENCY_OUTPUT_OPTIONS>>;

/** Where a latency command writes to. It tries its files at the start, so that a wrong path is found before the measurement. */
export class LatencyOutput implements Disposable {
  private readonly hgrm: OutputFile | undefined;
  private readonly svg: OutputFile | undefined;

  /** @throws UsageError when a file cannot be written */
  constructor(private readonly argv: OutputArguments) {
    this.hgrm = OutputFile.open(argv.hgrm, '--hgrm');
    try {
      this.svg = OutputFile.open(argv.svg, '--svg');
    } catch (error) {
      this.hgrm?.[Symbol.dispose]();
      throw error;
    }
  }

  async present(histogram: LatencyMeasurement['histogram'], context: LatencyContext, caption: Caption): Promise<void> {
    if (this.argv.json) {
      const { summarize } = await import('./report/latency-summary.js');
      await writeData(json(summarize(histogram, context)));
    } else {
      const { latencyText } = await import('./report/latency-text.js');
      await writeData(latencyText(histogram, context));
    }
    if (this.hgrm !== undefined) {
      const { formatHgrm } = await import('./report/hgrm.js');
      this.hgrm.write(formatHgrm(histogram));
    }
    if (this.svg !== undefined) {
      const { latencySvg } = await import('./report/latency-svg.js');
      const label = `${context.payloadBytes} B, ${context.idle}`;
      this.svg.write(latencySvg(label, histogram, caption));
    }
  }

  [Symbol.dispose](): void {
    this.hgrm?.[Symbol.dispose]();
    this.svg?.[Symbol.dispose]();
  }
}
