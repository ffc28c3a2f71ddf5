import { beforeEach, describe, expect, test } from 'vitest';
import type { ThroughputReport } from '../../src/tools/bench/throughput.js';
import { CommandLine, jsonLines } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});

async function bench(...options: string[]): Promise<ThroughputReport> {
  const { code, stdout, stderr } = await cli.run(['bench', 'throughput', '--json', ...options]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(cli.files).toEqual([]); // its segment is gone
  const [report, ...more] = jsonLines<ThroughputReport>(stdout);
  expect(more).toEqual([]);
  return report!;
}

/** The documented object: these fields and no others, in this order, and figures that fit each other. */
function expectReport(report: ThroughputReport, wanted: Partial<ThroughputReport>): void {
  expect(Object.keys(report)).toEqual([
    ...['topology', 'payloadBytes', 'batch', 'checksum', 'timestamps', 'messages', 'seconds'],
    ...['messagesPerSecond', 'bytesPerSecond', 'lost', 'duplicated', 'corrupted'],
  ]);
  const { messages, seconds, payloadBytes } = report;
  expect(report).toMatchObject({ ...wanted, lost: 0, duplicated: 0, corrupted: 0 });
  expect(seconds).toBeGreaterThan(0);
  expect(report.messagesPerSecond).toBe(Math.round(messages / seconds));
  expect(report.bytesPerSecond).toBe(Math.round((messages * payloadBytes) / seconds));
}

describe('hermes bench throughput --json', () => {
  test('one producer, one consumer, 64 bytes', async () => {
    const topology = { producers: 1, consumers: 1 };
    const wanted = { topology, payloadBytes: 64, batch: 1, checksum: false, timestamps: true, messages: 50_000 };
    expectReport(await bench('--messages', '50000'), wanted);
  });

  test('several of each: every consumer gets every message, with a checksum, without timestamps', async () => {
    const shape = ['--producers', '2', '--consumers', '2', '--messages', '20001'];
    const records = ['--payload', '1KiB', '--batch', '16', '--checksum', '--no-timestamps'];
    const topology = { producers: 2, consumers: 2 };
    // As many of each producer: rounded up.
    const wanted = { topology, payloadBytes: 1024, batch: 16, checksum: true, timestamps: false, messages: 20_002 };
    expectReport(await bench(...shape, ...records), wanted);
  });

  test('the smallest and the largest payload', async () => {
    expectReport(await bench('--payload', '0', '--messages', '1000'), { payloadBytes: 0, bytesPerSecond: 0 });
    expectReport(await bench('--payload', '64KiB', '--messages', '300', '--batch', '8'), { payloadBytes: 65_536 });
  });

  test('one message', async () => {
    expectReport(await bench('--messages', '1', '--batch', '64'), { messages: 1 });
  });
});

test('hermes bench throughput prints a table for people', async () => {
  const { code, stdout } = await cli.run(['bench', 'throughput', '--messages', '20000']);
  expect(code).toBe(0);
  const [title, , header, row] = stdout.toString().split('\n');
  expect(title).toBe('1 producer → 1 consumer, payloads of 64 B, published one at a time');
  expect(header).toMatch(/^MESSAGES +SECONDS +MESSAGES\/S +PAYLOAD\/S +LOST +DUPLICATED +CORRUPTED$/);
  expect(row).toMatch(/^ *20,000 +[\d.]+ +[\d.]+[KM]? +[\d.]+ .?i?B +0 +0 +0$/);
});
