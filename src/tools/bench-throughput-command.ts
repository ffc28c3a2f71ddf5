import type { ThroughputReport } from './bench/throughput.js';
import { formatByteSize, parseByteSize } from './byte-size.js';
import { type Command, defineCommand, Failure, UsageError } from './command.js';
import { CPUS_OPTION, parseCpus } from './cpu-option.js';
import { formatCount, formatRate, heading, json, say, writeData } from './output.js';
import { textTable } from './text-table.js';

export const benchThroughputCommand: Command = defineCommand({
  command: 'throughput',
  describe: 'Messages a second between producer and consumer processes; every message is verified',
  options: {
    payload: { type: 'string', default: '64', describe: 'Bytes of each payload' },
    messages: { type: 'number', default: 5_000_000, describe: 'Messages, of all producers together' },
    producers: { type: 'number', default: 1, describe: 'Producer processes' },
    consumers: { type: 'number', default: 1, describe: 'Consumer processes; each receives every message' },
    batch: { type: 'number', default: 1, describe: 'Messages that are published together' },
    checksum: { type: 'boolean', default: false, describe: 'With a CRC-32 in every message' },
    timestamps: { type: 'boolean', default: true, describe: 'With the time in every message' },
    cpu: CPUS_OPTION,
    json: { type: 'boolean', default: false, describe: 'One object' },
  },
  examples: {
    '$0 bench throughput --payload 1KiB --batch 16': '',
    '$0 bench throughput --producers 4 --consumers 3': '',
  },
  async handler(argv, interrupted) {
    const { measureThroughput } = await import('./bench/throughput.js');
    for (const option of ['messages', 'producers', 'consumers', 'batch'] as const) {
      if (!Number.isInteger(argv[option]) || argv[option] < 1) {
        throw new UsageError(`--${option} is ${argv[option]}: give a whole number from 1`);
      }
    }
    const report = await measureThroughput({
      producerCount: argv.producers,
      consumerCount: argv.consumers,
      payloadLength: parseByteSize(argv.payload, '--payload'),
      messageCount: argv.messages,
      batchCount: argv.batch,
      checksum: argv.checksum,
      timestamps: argv.timestamps,
      directory: argv.directory,
      cpus: parseCpus(argv.cpu),
      interrupted,
    });
    await writeData(argv.json ? json(report) : reportText(report));
    const faults = report.lost + report.duplicated + report.corrupted;
    if (faults > 0) throw new Failure(`${faults} messages were lost, duplicated or corrupted`);
    if (process.stderr.isTTY) say('Every message was verified by every consumer: number, order, content.');
  },
});

function reportText(report: ThroughputReport): string {
  const { producers, consumers } = report.topology;
  const title = `${producers} producer${producers > 1 ? 's' : ''} → ${consumers} consumer${consumers > 1 ? 's' : ''}, payloads of ${report.payloadBytes} B, published ${report.batch === 1 ? 'one' : report.batch} at a time`;
  return `${heading(title)}\n\n${textTable(
    ['MESSAGES', 'SECONDS', 'MESSAGES/S', 'PAYLOAD/S', 'LOST', 'DUPLICATED', 'CORRUPTED'],
    [
      [
        formatCount(report.messages),
        report.seconds.toFixed(3),
        formatRate(report.messagesPerSecond),
        formatByteSize(report.bytesPerSecond),
        formatCount(report.lost),
        formatCount(report.duplicated),
        formatCount(report.corrupted),
      ],
    ],
  )}`;
}
