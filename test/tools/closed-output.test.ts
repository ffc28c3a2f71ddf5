import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Outcome, RunningCommand } from '../support/running-command.js';
import { scratchDirectory } from '../support/scratch.js';
import { until } from '../support/until.js';
import { CommandLine, jsonLines } from './command-line.js';
import { type Place, receive, send, untilMember } from './segment-traffic.js';

const MESSAGE_COUNT = 50_000;
/** With its newline, 50 bytes. */
const PAYLOADS = Array.from({ length: MESSAGE_COUNT }, (_, number) => `${number}`.padEnd(49, '.'));
const LINE_LENGTH = 50;
/** What a pipe and its reader hold, generously. */
const MAX_IN_PIPE = 256 * 1024;

let cli: CommandLine;
let place: Place;
beforeEach(async () => {
  cli = new CommandLine();
  place = { name: 'ticks', directory: cli.directory };
  await cli.runHere(['create', 'ticks', '--producers', '1', '--capacity', '8MiB']);
  send(place, PAYLOADS);
});

/** The numbers of the messages that the next consumer gets: they must go on to the last without a gap. */
function expectRestFrom(mostTaken: number): number {
  const rest = receive(place).map(({ sequence }) => sequence);
  const first = rest[0] ?? MESSAGE_COUNT;
  expect(rest).toEqual(Array.from({ length: MESSAGE_COUNT - first }, (_, index) => first + index));
  expect(first).toBeLessThanOrEqual(mostTaken);
  return first;
}

/** A shell's pipeline `hermes … | reader`: the exit code of hermes, and what the reader printed. */
async function pipeInto(reader: string, args: readonly string[]): Promise<Outcome & { readonly hermes: number }> {
  const status = path.join(scratchDirectory(), 'status');
  const script = `{ "$@"; echo $? > "${status}"; } | ${reader}`;
  const pipeline = RunningCommand.start('sh', ['-c', script, 'sh', ...cli.commandFor(args)]);
  const outcome = await pipeline.ended;
  return { ...outcome, hermes: Number(fs.readFileSync(status, 'utf8')) };
}

describe('a reader that goes away', () => {
  test('hermes consume | head -n 1: ends cleanly, and what was not written is left to the next', async () => {
    const { hermes, stdout, stderr } = await pipeInto('head -n 1', ['consume', 'ticks', '--drain']);
    expect({ hermes, stdout: stdout.toString(), stderr }).toEqual({
      hermes: 0,
      stdout: `${PAYLOADS[0]}\n`,
      stderr: '',
    });
    expectRestFrom(MAX_IN_PIPE / LINE_LENGTH);
  });

  test.each([['ls'], ['inspect', 'ticks', '--json'], ['--help']])('hermes %s | true: ends cleanly', async (...args) => {
    expect(await pipeInto('true', args)).toMatchObject({ hermes: 0, stderr: '' });
  });
});

describe('a reader that stands still', () => {
  /** A consumer whose output nobody takes, after it has filled what is between them. */
  async function startUnread(): Promise<RunningCommand> {
    const consumer = cli.start(['consume', 'ticks', '--format', 'json']);
    consumer.process.stdout!.pause();
    await untilMember(place, consumer.pid);
    let before = -1;
    await until(() => {
      const [taken, last] = [consumer.process.stdout!.readableLength, before];
      before = taken;
      return taken > 0 && taken === last;
    });
    return consumer;
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('%s still detaches; what was not written is left', async (signal) => {
    const consumer = await startUnread();
    consumer.signal(signal);
    await new Promise((resolve) => consumer.process.once('exit', resolve)); // nobody has read anything yet
    const first = expectRestFrom(MESSAGE_COUNT - 1);
    consumer.process.stdout!.resume();
    const { code, stdout } = await consumer.ended;
    expect(code).toBe(0);
    const written = stdout.toString().split('\n').length - 1; // whole lines
    expect(first).toBeLessThanOrEqual(written);
  });

  test('killed: nothing is acknowledged that had not left the process', async () => {
    const consumer = await startUnread();
    consumer.signal('SIGKILL');
    consumer.process.stdout!.resume();
    const { signal, stdout } = await consumer.ended;
    expect(signal).toBe('SIGKILL');
    const whole = stdout.subarray(0, stdout.lastIndexOf('\n') + 1);
    const written = jsonLines<{ sequence: number }>(whole).map(({ sequence }) => sequence);
    expect(written).toEqual(written.map((_, index) => index));
    expect(written.length).toBeGreaterThan(0);
    expectRestFrom(written.length);
  });
});

describe('an output that is full', () => {
  test('is a failure that says so, and nothing is acknowledged', async () => {
    const full = fs.openSync('/dev/full', 'w');
    const consumer = cli.start(['consume', 'ticks', '--drain'], { stdio: ['ignore', full, 'pipe'] });
    fs.closeSync(full);
    const { code, stderr } = await consumer.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^hermes: cannot write to stdout: .*no space left/);
    expectRestFrom(0);
  });
});
