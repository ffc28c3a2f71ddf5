import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSegment, inspectJournal, inspectSegment } from '../../src/index.js';
import { SMALL } from '../support/raw-segment.js';
import { RunningCommand } from '../support/running-command.js';
import { until } from '../support/until.js';
import { CommandLine } from './command-line.js';
import { type Place, receiveTexts, send, untilMember, untilProducer } from './segment-traffic.js';

let cli: CommandLine;
let place: Place;
let journal: string;
let config: string;
beforeEach(() => {
  cli = new CommandLine();
  place = { name: 'ticks', directory: cli.directory };
  journal = path.join(cli.directory, '.journal');
  config = path.join(cli.directory, '.hermes.json');
  createSegment('ticks', { ...SMALL, maxGroups: 3, directory: place.directory });
  fs.writeFileSync(config, '{"segments": {}}');
});

const inspect = () => inspectSegment('ticks', { directory: place.directory });

/** Lets a test make a command say something on stderr at any moment, as a user of it may; and asks for an answer on another descriptor. */
const SAYING = `process.on('SIGUSR2', () => { process.stderr.write('words\\n'); setTimeout(() => require('node:fs').writeSync(3, '.'), 50); });`;

/** The commands that stay until they are told to end, and how it is seen that they have begun. */
const STAYING: Record<string, { readonly args: () => string[]; readonly begun: (pid: number) => unknown }> = {
  coordinator: {
    args: () => ['coordinator', '--config', config],
    begun: () => until(() => inspect().coordinator !== null),
  },
  record: {
    args: () => ['record', 'ticks', '--to', journal, '--group', 'default'],
    begun: (pid) => untilMember(place, pid),
  },
  'replay --follow': {
    args: () => ['replay', journal, '--follow'],
    begun: () => until(() => inspectJournal(journal).files[0]!.isPinned),
  },
  'produce from a pipe': { args: () => ['produce', 'ticks'], begun: (pid) => untilProducer(place, pid) },
  consume: { args: () => ['consume', 'ticks'], begun: (pid) => untilMember(place, pid) },
  latency: { args: () => ['latency', 'ticks'], begun: (pid) => untilMember(place, pid, `latency-${pid}`) },
};

/** A pipe whose reader has gone after the first byte; the end to write to. */
function brokenPipe(): number {
  const fifo = path.join(cli.directory, '.fifo');
  spawnSync('mkfifo', [fifo]);
  const reader = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const writer = fs.openSync(fifo, fs.constants.O_WRONLY);
  fs.closeSync(reader);
  return writer;
}

const LOST: Record<string, () => number> = {
  'its reader has gone': brokenPipe,
  'the disk is full': () => fs.openSync('/dev/full', 'w'),
};

describe.each(Object.keys(STAYING))('hermes %s', (name) => {
  const { args, begun } = STAYING[name]!;

  test.each(Object.entries(LOST))('goes on when it says something, and %s', async (_, lost) => {
    if (name.startsWith('replay')) {
      send(place, ['a']);
      await cli.runHere(['record', 'ticks', '--to', journal, '--group', 'default', '--drain']);
    }
    const stderr = lost();
    const preload = path.join(cli.directory, '.preload.cjs');
    fs.writeFileSync(preload, SAYING);
    const running = cli.start(args(), {
      stdio: ['pipe', 'pipe', stderr, 'pipe'],
      env: { NODE_OPTIONS: `--require ${preload}` },
    });
    fs.closeSync(stderr);
    let answers = 0;
    running.process.stdio[3]!.on('data', () => answers++);
    await begun(running.pid);
    for (let said = 1; said <= 3; said++) {
      running.signal('SIGUSR2');
      await until(() => answers === said || running.hasEnded);
    }
    expect(running.hasEnded).toBe(false);
    const { code, signal } = await running.kill('SIGTERM');
    expect({ code, signal }).toEqual({ code: name.startsWith('produce') ? 1 : 0, signal: null });
  });
});

describe('what keeps on working though nobody reads stderr', () => {
  test('a coordinator reads its file again at every SIGHUP, and reports into nowhere', async () => {
    const stderr = brokenPipe();
    const running = cli.start(['coordinator', '--config', config], { stdio: ['ignore', 'pipe', stderr] });
    fs.closeSync(stderr);
    await until(() => inspect().coordinator !== null);
    for (const name of ['a', 'b']) {
      fs.writeFileSync(config, 'no JSON');
      running.signal('SIGHUP');
      fs.writeFileSync(config, JSON.stringify({ segments: { [name]: { capacity: '64KiB', producers: 1 } } }));
      running.signal('SIGHUP');
      await until(() => cli.files.includes(name) || running.hasEnded);
    }
    expect(await running.kill('SIGTERM')).toMatchObject({ code: 0, signal: null });
  });

  test('a fault still has its exit code', async () => {
    for (const lost of Object.values(LOST)) {
      const stderr = lost();
      const stdio = ['ignore', 'pipe', stderr] as const;
      expect(await cli.start(['inspect', 'nothing'], { stdio: [...stdio] }).ended).toMatchObject({ code: 1 });
      expect(await cli.start(['inspect', '--nothing'], { stdio: [...stdio] }).ended).toMatchObject({ code: 2 });
      fs.closeSync(stderr);
      fs.rmSync(path.join(cli.directory, '.fifo'), { force: true });
    }
  });
});

describe('data that cannot be written is a failure', () => {
  test.each([['--help'], ['inspect ticks --json'], ['replay'], ['latency ticks --seconds 0.01']])(
    'of hermes %s',
    async (line) => {
      send(place, ['a', 'b']);
      await cli.runHere(['record', 'ticks', '--to', journal, '--group', 'default', '--drain']);
      const args = line.split(' ');
      if (line === 'replay') args.push(journal);
      const full = fs.openSync('/dev/full', 'w');
      const running = cli.start(args, { stdio: ['ignore', full, 'pipe'] });
      fs.closeSync(full);
      const { code, stderr } = await running.ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/^hermes: cannot write to stdout: .*no space left on device/);
    },
  );
});

describe('SIGHUP, as when the terminal is closed,', () => {
  test.each(['consume', 'record', 'latency'])('ends hermes %s in order', async (name) => {
    const { args, begun } = STAYING[name]!;
    const running = cli.start(args());
    await begun(running.pid);
    const stderr = name === 'record' ? expect.stringMatching(/^Recording .*\.\nRecorded 0 messages, .*\.\n$/) : '';
    expect(await running.kill('SIGHUP')).toMatchObject({ code: 0, signal: null, stderr });
    expect(inspect().groups.flatMap(({ members }) => members)).toEqual([]);
  });

  test('ends hermes produce in order: it says how far it has come', async () => {
    const running = cli.start(['produce', 'ticks']);
    running.write('a\nb\n');
    await until(() => inspect().lanes[0]?.messages === 2);
    expect(await running.kill('SIGHUP')).toMatchObject({ code: 1, stderr: 'hermes: interrupted after 2 messages\n' });
    expect(receiveTexts(place)).toEqual(['a', 'b']);
    expect(inspect().lanes[0]!.producer).toBeNull();
  });

  const PYTHON = spawnSync('python3', ['-c', 'import pty']).status === 0;
  /** Runs a command on a terminal of its own, closes that when a line comes on stdin, and prints the exit code. */
  const ON_A_TERMINAL = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
sys.stdin.readline()
os.close(terminal)
sys.stdin.readline()
os.kill(pid, 15)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;

  test.runIf(PYTHON)('leaves a coordinator running, though its terminal is gone', async () => {
    const command = cli.commandFor(['coordinator', '--config', config]);
    const terminal = RunningCommand.start('python3', ['-c', ON_A_TERMINAL, ...command]);
    await until(() => inspect().coordinator !== null);
    fs.writeFileSync(config, '{"segments": {"a": {"capacity": "64KiB", "producers": 1}}}');
    terminal.write('\n'); // closing is a SIGHUP
    await until(() => cli.files.includes('a'));
    const { pid } = inspect().coordinator!;
    fs.writeFileSync(config, '{"segments": {"b": {"capacity": "64KiB", "producers": 1}}}');
    process.kill(pid, 'SIGHUP'); // it has written to a terminal that was gone
    await until(() => cli.files.includes('b'));
    const { stdout } = await terminal.end('\n');
    expect(stdout.toString()).toBe('0\n');
  });

  test.runIf(PYTHON)(
    'ends a consumer whose terminal is gone, and nothing is acknowledged that was not written',
    async () => {
      const command = cli.commandFor(['consume', 'ticks', '--group', 'default']);
      const terminal = RunningCommand.start('python3', ['-c', ON_A_TERMINAL, ...command]);
      await until(() => inspect().groups[0]!.members.length === 1);
      terminal.write('\n');
      await until(() => inspect().groups[0]!.members.length === 0);
      terminal.end('\n');
      send(place, ['a']);
      expect(receiveTexts(place)).toEqual(['a']);
    },
  );
});
