import fs from 'node:fs';
import type { IdleStrategyName } from '../index.js';
import type { LatencyMeasurement, LatencyMode } from './bench/latency.js';
import { parseByteSize } from './byte-size.js';
import { type Command, type CommonArguments, Failure, UsageError } from './command.js';
import { formatCount, json, say, writeData } from './output.js';

interface BenchLatencyArguments extends CommonArguments {
  readonly mode: LatencyMode;
  readonly rate?: number | undefined;
  readonly messages?: number | undefined;
  readonly payload: string;
  readonly idle: IdleStrategyName;
  readonly checksum: boolean;
  readonly timestamps: boolean;
  readonly json: boolean;
  readonly hgrm?: string | undefined;
  readonly svg?: string | undefined;
}

/** Messages, for some seconds. Whoever sleeps takes longer over each. */
const DEFAULT_COUNTS: Readonly<Record<LatencyMode, { readonly spin: number; readonly sleep: number }>> = {
  'ping-pong': { spin: 1_000_000, sleep: 50_000 },
  'one-way': { spin: 500_000, sleep: 5_000 },
};
/** Messages a second; 0 is as fast as it goes. One way, to a sleeper: seldom enough for it to be asleep. */
const DEFAULT_RATES: Readonly<Record<LatencyMode, { readonly spin: number; readonly sleep: number }>> = {
  'ping-pong': { spin: 0, sleep: 0 },
  'one-way': { spin: 100_000, sleep: 1_000 },
};
const WARM_UP_SHARE = 0.1;

export const benchLatencyCommand: Command<BenchLatencyArguments> = {
  command: 'latency',
  describe: 'How long messages take between two processes: percentiles and distribution',
  builder: (yargs) =>
    yargs
      .options({
        mode: {
          choices: ['ping-pong', 'one-way'] as const,
          default: 'ping-pong' as const,
          describe: 'There and back, one message under way; or one way, at a rate',
        },
        rate: {
          type: 'number',
          requiresArg: true,
          describe:
            'Messages a second; latency then counts from when a message was due [one-way: 100000, to a sleeper 1000]',
        },
        messages: {
          type: 'number',
          requiresArg: true,
          describe: 'Messages to measure [ping-pong: 1000000, one-way: 500000; of sleepers 50000, 5000]',
        },
        payload: { type: 'string', default: '64', requiresArg: true, describe: 'Bytes of each payload, from 12' },
        idle: {
          choices: ['spin', 'balanced', 'doorbell'] as const,
          default: 'spin' as const,
          describe: 'What a receiver does while it waits: spin; sleep; or spin for a moment, then sleep',
        },
        checksum: { type: 'boolean', default: false, describe: 'With a CRC-32 in every message' },
        timestamps: { type: 'boolean', default: true, describe: 'With the time in every message' },
        json: { type: 'boolean', default: false, describe: 'One object' },
        hgrm: {
          type: 'string',
          requiresArg: true,
          describe: 'Also write the distribution to this file, for HdrHistogram plotters',
        },
        svg: { type: 'string', requiresArg: true, describe: 'Also draw it into this file' },
      })
      .example('$0 bench latency', 'round trips, as fast as they go')
      .example('$0 bench latency --mode one-way --rate 100000 --svg latency.svg', 'one way, paced, with a picture')
      .example('$0 bench latency --mode one-way --idle doorbell', 'how long a sleeper takes to wake up'),
  async handler(argv, interrupted) {
    const { measureLatency } = await import('./bench/latency.js');
    const { MIN_STAMPED_LENGTH } = await import('./bench/stamped-payload.js');
    const payloadLength = parseByteSize(argv.payload);
    if (payloadLength < MIN_STAMPED_LENGTH)
      throw new UsageError(`payload is ${argv.payload}: give at least ${MIN_STAMPED_LENGTH} bytes`);
    if (argv.rate !== undefined && !(argv.rate > 0))
      throw new UsageError(`rate is ${argv.rate}: give messages a second, above 0`);
    const pace = argv.idle === 'spin' ? 'spin' : 'sleep';
    const messageCount = argv.messages ?? DEFAULT_COUNTS[argv.mode][pace];
    if (!Number.isInteger(messageCount) || messageCount < 1)
      throw new UsageError(`messages is ${messageCount}: give a whole number from 1`);
    const rate = argv.rate ?? DEFAULT_RATES[argv.mode][pace];
    const measurement = await measureLatency({
      mode: argv.mode,
      payloadLength,
      messageCount,
      warmUpCount: Math.ceil(messageCount * WARM_UP_SHARE),
      rate,
      idle: argv.idle,
      checksum: argv.checksum,
      timestamps: argv.timestamps,
      directory: argv.directory,
      interrupted,
    });
    await present(argv, measurement, payloadLength, rate);
  },
};

async function present(
  { mode, idle, json: asJson, hgrm, svg }: BenchLatencyArguments,
  { histogram, lost }: LatencyMeasurement,
  payloadBytes: number,
  rate: number,
): Promise<void> {
  const context = { mode, payloadBytes, idle, lost };
  if (asJson) {
    const { summarize } = await import('./report/latency-summary.js');
    await writeData(json(summarize(histogram, context)));
  } else {
    const { latencyText } = await import('./report/latency-text.js');
    await writeData(latencyText(histogram, context));
  }
  if (hgrm !== undefined) {
    const { formatHgrm } = await import('./report/hgrm.js');
    writeFile(hgrm, formatHgrm(histogram));
  }
  if (svg !== undefined) {
    const { latencySvg } = await import('./report/latency-svg.js');
    const title =
      mode === 'ping-pong' ? 'Hermes: round trip between two processes' : 'Hermes: one way between two processes';
    const pace = rate === 0 ? 'one message under way' : `${formatCount(rate)} messages/s`;
    const label = `${payloadBytes} B, ${idle}`;
    writeFile(svg, latencySvg([{ label, histogram }], { title, details: [`${payloadBytes} B payload`, pace, idle] }));
  }
  if (lost > 0) throw new Failure(`${lost} messages were lost or out of order`);
}

function writeFile(file: string, content: string): void {
  try {
    fs.writeFileSync(file, content);
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${(error as Error).message}`);
  }
  say(`Wrote ${file}.`);
}
