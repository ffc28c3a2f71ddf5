import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { listSegments } from '../../src/index.js';
import { measureThroughput } from '../../src/tools/bench/throughput.js';
import type { Outcome, RunningCommand } from '../support/running-command.js';
import { until } from '../support/until.js';
import { CommandLine } from './command-line.js';
import { descendantsOf, isRunning } from './processes.js';

const ENDLESS = '1000000000';

interface Bench {
  readonly cli: CommandLine;
  readonly command: RunningCommand;
  readonly children: readonly number[];
  /** Of the bench alone, for what it might leave behind there. */
  readonly temporary: string;
}

/** A bench in a process group of its own, after it has sent some messages. */
async function startBench(...args: string[]): Promise<Bench> {
  const cli = new CommandLine();
  const temporary = path.join(cli.directory, 'tmp');
  fs.mkdirSync(temporary);
  const command = cli.start(args, { detached: true, env: { TMPDIR: temporary } });
  await until(() => messageCount(cli) > 0);
  const children = descendantsOf(command.pid);
  expect(children).toHaveLength(2);
  return { cli, command, children, temporary };
}

function messageCount({ directory }: CommandLine): number {
  const lanes = listSegments({ directory }).flatMap(({ segment }) => segment?.lanes ?? []);
  return lanes.reduce((sum, { messages }) => sum + (messages ?? 0), 0);
}

/** Expects that an interrupted bench failed, printed no figures, and left nothing behind. */
async function expectGone({ cli, command, children, temporary }: Bench, outcome: Outcome): Promise<void> {
  const { code, signal, stderr } = outcome;
  expect({ code, signal }).toEqual({ code: 1, signal: null });
  expect(stderr).toMatch(/^hermes: (interrupted|a measuring process ended early)/);
  expect(stderr).not.toMatch(/^\s+at /m); // no stack
  expect(cli.files).toEqual(['tmp']);
  expect(fs.readdirSync(temporary)).toEqual([]);
  await until(() => [command.pid, ...children].every((pid) => !isRunning(pid)));
}

describe.each([
  ['throughput', ['bench', 'throughput', '--messages', ENDLESS, '--json']],
  ['ping-pong', ['bench', 'latency', '--messages', ENDLESS, '--json']],
  ['one-way', ['bench', 'latency', '--mode', 'one-way', '--rate', '1000', '--messages', ENDLESS]],
])('a bench that is interrupted: %s', (_, args) => {
  test('Ctrl-C, which all its processes get: nothing is left', async () => {
    const bench = await startBench(...args);
    process.kill(-bench.command.pid, 'SIGINT');
    const outcome = await bench.command.ended;
    expect(outcome.stdout.toString()).toBe('');
    await expectGone(bench, outcome);
  });

  test('a signal to the parent alone: nothing is left', async () => {
    const bench = await startBench(...args);
    const outcome = await bench.command.kill('SIGINT');
    expect(outcome.stdout.toString()).toBe('');
    await expectGone(bench, outcome);
  });
});

test('a bench whose child is killed fails, and leaves nothing', async () => {
  const bench = await startBench('bench', 'throughput', '--messages', ENDLESS);
  process.kill(bench.children[0]!, 'SIGKILL');
  await expectGone(bench, await bench.command.ended);
});

test('a demo that is interrupted leaves nothing', async () => {
  const bench = await startBench('demo');
  await expectGone(bench, await bench.command.kill('SIGTERM'));
});

test('an interruption that came before a bench had begun ends it as well', async () => {
  const cli = new CommandLine();
  const shape = { producerCount: 1, consumerCount: 1, payloadLength: 64, messageCount: Number(ENDLESS), batchCount: 1 };
  const options = { ...shape, checksum: false, timestamps: true, directory: cli.directory };
  await expect(measureThroughput({ ...options, interrupted: AbortSignal.abort() })).rejects.toThrow('interrupted');
  expect(cli.files).toEqual([]);
  await until(() => descendantsOf(process.pid).every((pid) => !isRunning(pid)));
});
