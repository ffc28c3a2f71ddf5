import { measureLatency } from './bench/latency.js';
import { measureSocket } from './bench/socket.js';
import { measureThroughput } from './bench/throughput.js';
import { formatByteSize } from './byte-size.js';
import { Failure } from './command.js';
import { formatCount, formatRate, hasColour, heading, outputWidth, writeData } from './output.js';
import { formatNs } from './report/duration-format.js';
import { type LatencyHistogram, latencyAtPercentile } from './report/latency-histogram.js';
import { percentileTable } from './report/percentile-table.js';
import { terminalPlot } from './report/terminal-plot.js';
import { textTable } from './text-table.js';

const PAYLOAD_LENGTH = 64;
const MESSAGE_COUNT = 3_000_000;
const ROUND_TRIP_COUNT = 500_000;
const BATCH_COUNT = 16;
/** The socket is slower, so it gets fewer messages and takes as many seconds. */
const SOCKET_MESSAGE_COUNT = 300_000;
const SOCKET_ROUND_TRIP_COUNT = 20_000;

/** Says what happens, shows the histogram, and measures a Unix domain socket in the same run for comparison. */
export async function runDemo(directory: string | undefined, interrupted: AbortSignal): Promise<void> {
  const common = { payloadLength: PAYLOAD_LENGTH, checksum: false, timestamps: true, directory, interrupted };
  const write = (text: string) => writeData(`${text}\n`);
  const measure = (batchCount: number) =>
    measureThroughput({ ...common, producerCount: 1, consumerCount: 1, messageCount: MESSAGE_COUNT, batchCount });

  await write(heading('Hermes: messages between processes, through shared memory'));
  await write(
    `\n1. A producer process sends ${formatCount(MESSAGE_COUNT)} messages of ${PAYLOAD_LENGTH} bytes to a consumer process,`,
  );
  await write('   which attaches to the same segment by name and verifies each: number, order, content.');
  const single = await measure(1);
  await write(
    `   ${verdict(single)} ${formatRate(single.messagesPerSecond)} messages/s, ${formatByteSize(single.bytesPerSecond)}/s of payload.`,
  );
  const batched = await measure(BATCH_COUNT);
  await write(`   Published ${BATCH_COUNT} at a time: ${formatRate(batched.messagesPerSecond)} messages/s.`);

  await write(
    `\n2. Two processes send one message back and forth, ${formatCount(ROUND_TRIP_COUNT)} times. Round trips:`,
  );
  const { histogram } = await measureLatency({
    ...common,
    mode: 'ping-pong',
    messageCount: ROUND_TRIP_COUNT,
    rate: 0,
    idle: 'spin',
  });
  await write(`\n${percentileTable(histogram, hasColour())}`);
  await write(`\n${terminalPlot(histogram, { width: outputWidth(), colour: hasColour() })}`);

  await write('\n3. The same messages through a Unix domain socket (node:net, a write a message), in the same run:');
  const socket = await measureSocket(PAYLOAD_LENGTH, SOCKET_MESSAGE_COUNT, SOCKET_ROUND_TRIP_COUNT, interrupted);
  await write(`\n${comparison(single.messagesPerSecond, histogram, socket.messagesPerSecond, socket.roundTrips)}`);
  await write(
    'No segment and no process is left behind. Next: hermes --help, and the README for the ten lines of code.',
  );
}

function verdict({ lost, duplicated, corrupted }: Awaited<ReturnType<typeof measureThroughput>>): string {
  const faults = lost + duplicated + corrupted;
  if (faults > 0) throw new Failure(`${lost} messages were lost, ${duplicated} duplicated, ${corrupted} corrupted`);
  return 'All arrived, in order and whole:';
}

function comparison(rate: number, trips: LatencyHistogram, socketRate: number, socketTrips: LatencyHistogram): string {
  const row = (name: string, percentile: number) => {
    const [ours, theirs] = [latencyAtPercentile(trips, percentile), latencyAtPercentile(socketTrips, percentile)];
    return [name, formatNs(ours), formatNs(theirs), formatRatio(theirs / ours)];
  };
  return textTable(
    ['', 'HERMES', 'UNIX SOCKET', 'BETTER BY'],
    [
      ['messages a second', formatRate(rate), formatRate(socketRate), formatRatio(rate / socketRate)],
      row('round trip, p50', 50),
      row('round trip, p99', 99),
      row('round trip, p99.9', 99.9),
    ],
  );
}

/** `34 ×`, `2.5 ×` */
function formatRatio(ratio: number): string {
  return `${ratio.toFixed(ratio < 9.95 ? 1 : 0)} ×`;
}
