import type { LatencyMode } from './bench/latency.js';
import { parseByteSize } from './byte-size.js';
import { type Command, defineCommand, Failure, UsageError } from './command.js';
import { CPUS_OPTION, parseCpus } from './cpu-option.js';
import { LATENCY_OUTPUT_OPTIONS, LatencyOutput } from './latency-output.js';
import { formatCount } from './output.js';

/** Messages, for some seconds, and messages a second, where 0 is as fast as it goes. */
interface Load {
  readonly count: number;
  readonly rate: number;
}

/** A sleeper takes longer over each message. One way, it gets them seldom enough to be asleep. */
const DEFAULTS: Readonly<Record<LatencyMode, Readonly<Record<'spin' | 'sleep', Load>>>> = {
  'ping-pong': { spin: { count: 1_000_000, rate: 0 }, sleep: { count: 50_000, rate: 0 } },
  'one-way': { spin: { count: 500_000, rate: 100_000 }, sleep: { count: 5_000, rate: 1_000 } },
};

export const benchLatencyCommand: Command = defineCommand({
  command: 'latency',
  describe: 'How long messages take between two processes: percentiles and distribution',
  options: {
    mode: {
      choices: ['ping-pong', 'one-way'],
      default: 'ping-pong',
      describe: 'There and back, one message under way; or one way, at a rate',
    },
    rate: {
      type: 'number',
      describe:
        'Messages a second; latency then counts from when a message was due [one-way: 100000, to a sleeper 1000]',
    },
    messages: {
      type: 'number',
      describe: 'Messages to measure [ping-pong: 1000000, one-way: 500000; of sleepers 50000, 5000]',
    },
    payload: { type: 'string', default: '64', describe: 'Bytes of each payload, from 12' },
    idle: {
      choices: ['spin', 'balanced', 'doorbell'],
      default: 'spin',
      describe:
        'What a receiver does while it waits. spin: takes a core; doorbell: sleeps; balanced: spins for a moment, then sleeps',
    },
    checksum: { type: 'boolean', default: false, describe: 'With a CRC-32 in every message' },
    timestamps: { type: 'boolean', default: true, describe: 'With the time in every message' },
    cpu: CPUS_OPTION,
    ...LATENCY_OUTPUT_OPTIONS,
  },
  examples: {
    '$0 bench latency': 'round trips, as fast as they go',
    '$0 bench latency --mode one-way --rate 100000 --svg latency.svg': 'one way, paced, with a picture',
    '$0 bench latency --mode one-way --idle doorbell': 'how long a sleeper takes to wake up',
  },
  async handler(argv, interrupted) {
    const { measureLatency } = await import('./bench/latency.js');
    const { MIN_STAMPED_LENGTH } = await import('./bench/stamped-payload.js');
    const payloadLength = parseByteSize(argv.payload, '--payload');
    if (payloadLength < MIN_STAMPED_LENGTH)
      throw new UsageError(`--payload is ${argv.payload}: give at least ${MIN_STAMPED_LENGTH} bytes`);
    if (argv.rate !== undefined && !(argv.rate > 0))
      throw new UsageError(`--rate is ${argv.rate}: give messages a second, above 0`);
    const load = DEFAULTS[argv.mode][argv.idle === 'spin' ? 'spin' : 'sleep'];
    const messageCount = argv.messages ?? load.count;
    if (!Number.isInteger(messageCount) || messageCount < 1)
      throw new UsageError(`--messages is ${messageCount}: give a whole number from 1`);
    const rate = argv.rate ?? load.rate;
    using output = new LatencyOutput(argv);
    const { histogram, lost } = await measureLatency({
      mode: argv.mode,
      payloadLength,
      messageCount,
      rate,
      idle: argv.idle,
      checksum: argv.checksum,
      timestamps: argv.timestamps,
      directory: argv.directory,
      cpus: parseCpus(argv.cpu),
      interrupted,
    });
    const what = argv.mode === 'ping-pong' ? 'round trip' : 'one way';
    const paced = rate === 0 ? 'one message under way' : `${formatCount(rate)} messages/s`;
    await output.present(
      histogram,
      { mode: argv.mode, payloadBytes: payloadLength, idle: argv.idle, lost },
      {
        title: `Hermes: ${what} between two processes`,
        details: [`${payloadLength} B payload`, paced, argv.idle],
      },
    );
    if (lost > 0) throw new Failure(`${lost} messages were lost or out of order`);
  },
});
