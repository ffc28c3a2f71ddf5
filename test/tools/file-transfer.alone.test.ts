import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunningCommand } from '../support/running-command.js';
import { until } from '../support/until.js';
import { CommandLine } from './command-line.js';
import { lanes, type Place, untilMember } from './segment-traffic.js';
import { diskDirectory, sha256Of, type TransferFile, writeBinaryFile, writeTextFile } from './transfer-data.js';

const MIB = 1024 * 1024;
/** HERMES_TEST_LARGE=1 transfers more than a gigabyte. */
const isLarge = process.env.HERMES_TEST_LARGE === '1';
const BINARY_BYTES = isLarge ? Math.ceil(1.1 * 1024) * MIB : 64 * MIB;
const LINE_COUNT = isLarge ? 5_000_000 : 250_000;
const TIMEOUT_MS = isLarge ? 1_800_000 : 300_000;

const orders = ['consumer first', 'producer first'] as const;

/** Sends a file through a segment of 512 KiB a lane, by two processes of the CLI. What the consumer wrote. */
async function transfer(file: TransferFile, format: string, order: (typeof orders)[number]): Promise<string> {
  const cli = new CommandLine();
  const place: Place = { name: 'transfer', directory: cli.directory };
  await cli.runHere(['create', 'transfer', '--capacity', '512KiB']);
  const received = `${file.path}.received`;
  const output = fs.openSync(received, 'w');
  const startConsumer = () =>
    cli.start(['consume', 'transfer', '--drain', '--format', format], { stdio: ['ignore', output, 'pipe'] });
  const startProducer = () => cli.start(['produce', 'transfer', file.path, '--format', format]);

  const startMs = performance.now();
  let commands: RunningCommand[];
  if (order === 'consumer first') {
    commands = [startConsumer()];
    await untilMember(place, commands[0]!.pid);
    commands.push(startProducer());
  } else {
    commands = [startProducer()];
    await until(() => (lanes(place)[0]?.backPressured ?? 0) > 0); // it waits for room
    commands.push(startConsumer());
  }
  for (const command of commands) {
    const { code, stderr } = await command.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
  fs.closeSync(output);
  const seconds = (performance.now() - startMs) / 1000;
  expect(lanes(place)).toMatchObject([{ lane: 0, messages: file.messageCount, producer: null }]);
  if (isLarge) {
    const rate = `${Math.round(file.messageCount / seconds)} messages/s, ${Math.round(file.byteCount / MIB / seconds)} MiB/s`;
    console.log(`${order}: ${file.byteCount} bytes, ${file.messageCount} messages, ${seconds.toFixed(1)} s, ${rate}`);
  }
  return received;
}

async function expectSame(file: TransferFile, received: string): Promise<void> {
  expect(fs.statSync(received).size).toBe(file.byteCount);
  expect(await sha256Of(received)).toBe(file.sha256);
}

describe.each(orders)('a file through a segment that is much smaller, %s', (order) => {
  test('text: every line arrives, in order and whole', { timeout: TIMEOUT_MS }, async () => {
    const file = await writeTextFile(path.join(diskDirectory(), 'lines.txt'), LINE_COUNT);
    await expectSame(file, await transfer(file, 'lines', order));
  });

  test('binary messages of 0 to 65,536 bytes: likewise', { timeout: TIMEOUT_MS }, async () => {
    const file = await writeBinaryFile(path.join(diskDirectory(), 'messages.bin'), BINARY_BYTES);
    await expectSame(file, await transfer(file, 'length-prefixed', order));
  });
});
