import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSegment, inspectSegment } from '../../src/index.js';
import { SMALL } from '../support/raw-segment.js';
import type { Outcome } from '../support/running-command.js';
import { CommandLine } from './command-line.js';
import { receiveTexts } from './segment-traffic.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
  createSegment('ticks', { ...SMALL, maxGroups: 2, directory: cli.directory });
});

const place = () => ({ name: 'ticks', directory: cli.directory });
const groupNames = () => inspectSegment('ticks', { directory: cli.directory }).groups.map(({ name }) => name);

function expectWords({ code, stdout, stderr }: Outcome, words: RegExp, args: readonly string[]): void {
  expect({ args, code, stdout: stdout.toString() }).toEqual({ args, code: 2, stdout: '' });
  expect(stderr).toMatch(words);
  expect(stderr).toMatch(/^hermes: /);
  expect(stderr).not.toMatch(/^\s+at /m); // no stack
}

describe('behind --, every word is plain', () => {
  test('files whose names begin with a sign, and one that is called --', async () => {
    const directory = fs.mkdtempSync(path.join(cli.directory, '.files-'));
    for (const name of ['-f', '--create', '--', 'true']) fs.writeFileSync(path.join(directory, name), `in ${name}\n`);
    const args = ['produce', 'ticks', '--', '-f', '--create', '--', 'true'];
    const { code, stderr } = await cli.start(args, { cwd: directory }).end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(receiveTexts(place())).toEqual(['in -f', 'in --create', 'in --', 'in true']);
  });

  test('- is stdin there, too', async () => {
    expect(await cli.run(['produce', 'ticks', '--', '-'], 'a\n')).toMatchObject({ code: 0, stderr: '' });
    expect(receiveTexts(place())).toEqual(['a']);
  });

  test.each([
    [['inspect', '--', 'ticks']],
    [['inspect', 'ticks', '--']],
    [['--', 'inspect', 'ticks']],
    [['ls', '--']],
    [['groups', '--json', '--', 'ticks']],
  ])('names: %j', async (args) => {
    const { code, stdout, stderr } = await cli.runHere(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.toString()).toMatch(/ticks|default/);
  });

  test('all places of a command', async () => {
    expect(await cli.runHere(['groups', 'ticks', '--', 'rm', 'default'])).toMatchObject({ code: 0 });
    expect(groupNames()).toEqual([]);
    expect(await cli.runHere(['rm', '--', 'ticks'])).toMatchObject({ code: 0 });
    expect(cli.files).toEqual([]);
  });

  test.each([
    [['inspect', '--', '-x'], /INVALID_NAME: "-x" is no name/],
    [['inspect', '--', '--'], /INVALID_NAME: "--" is no name/],
    [['inspect', '--', '-5'], /INVALID_NAME: "-5" is no name/],
    [['ls', '--', '-x'], /Unknown argument: -x$/m],
    [['ls', '--', '--json'], /Unknown argument: --json$/m],
    [['ls', '--', 'x'], /Unknown argument: x$/m],
    [['--', '-x'], /Unknown argument: -x$|no such command/m],
    [['ls', '--directory', '--', 'x'], /value is missing after --directory/],
    [['consume', 'ticks', '--count', '--', '3'], /value is missing after --count/],
    [['create', '--'], /argument is missing/],
    [['journal', '--', 'mend', 'x'], /mend.*ls.*info/s],
  ])('what is wrong is still refused: %j', async (args, words) => {
    expectWords(await cli.runHere(args), words, args);
  });
});

describe('an option has the type that is declared, or is refused in words', () => {
  const VALUES = [
    ['create', 'x', 'producers'],
    ['create', 'x', 'capacity'],
    ['create', 'x', 'max-payload'],
    ['create', 'x', 'mode'],
    ['ls', 'directory'],
    ['inspect', 'ticks', 'directory'],
    ['groups', 'ticks', 'directory'],
    ['rm', 'ticks', 'directory'],
    ['produce', 'ticks', 'type'],
    ['produce', 'ticks', 'rate'],
    ['consume', 'ticks', 'group'],
    ['consume', 'ticks', 'count'],
    ['record', 'ticks', 'to'],
    ['record', 'ticks', '--to', '/nowhere/j', 'sync-interval'],
    ['record', 'ticks', '--to', '/nowhere/j', 'file-size'],
    ['replay', '/nowhere', 'into'],
    ['replay', '/nowhere', 'from'],
    ['replay', '/nowhere', 'lane'],
    ['replay', '/nowhere', 'speed'],
    ['journal', 'prune', '/nowhere', 'keep-bytes'],
    ['journal', 'prune', '/nowhere', 'keep-age'],
    ['latency', 'ticks', 'seconds'],
    ['latency', 'ticks', 'count'],
    ['coordinator', 'config'],
    ['bench', 'latency', 'hgrm'],
    ['bench', 'latency', 'messages'],
    ['bench', 'throughput', 'producers'],
  ].map((words) => [words.slice(0, -1), words.at(-1)!] as const);

  test.each(VALUES)('%j --no-%s, which takes a value', async (before, name) => {
    for (const args of [
      [...before, `--no-${name}`],
      [...before, `--no-${name}=5`],
    ])
      expectWords(await cli.runHere(args), new RegExp(`--no-${name}.*takes a value`), args);
    expect(cli.files).toEqual(['ticks']);
  });

  test.each(VALUES)('%j --%s with an empty value, with none, and with fields', async (before, name) => {
    const empty = /is ""|is empty|no name|no size|keep-age is|mode is|speed is/;
    for (const args of [
      [...before, `--${name}`, ''],
      [...before, `--${name}=`],
    ])
      expectWords(await cli.runHere(args), empty, args);
    const bare = [...before, `--${name}`];
    expectWords(await cli.runHere(bare), new RegExp(`missing after --${name}`), bare);
    const fields = [...before, `--${name}.x`, '5'];
    expectWords(await cli.runHere(fields), new RegExp(`${name}\\.x|Missing required argument`), fields);
    expect(cli.files).toEqual(['ticks']);
  });

  const NUMBERS = VALUES.filter(([, name]) =>
    /^(producers|type|rate|count|sync-interval|lane|seconds|messages)$/.test(name),
  );

  test.each(NUMBERS)('%j --%s with what is no number', async (before, name) => {
    for (const value of ['abc', '1e999', '-Infinity', 'NaN', ' ', '5 6', '1,000']) {
      const args = [...before, `--${name}=${value}`];
      expectWords(await cli.runHere(args), new RegExp(`${name} is "${value}": give a number`), args);
    }
    expect(cli.files).toEqual(['ticks']);
  });

  const SWITCHES = [
    ['create', 'x', 'checksum'],
    ['ls', 'json'],
    ['rm', 'ticks', 'force'],
    ['produce', 'ticks', 'create'],
    ['consume', 'ticks', 'drain'],
    ['replay', '/nowhere', 'follow'],
    ['journal', 'prune', '/nowhere', 'dry-run'],
    ['bench', 'latency', 'checksum'],
    ['ls', 'help'],
    ['ls', 'version'],
  ].map((words) => [words.slice(0, -1), words.at(-1)!] as const);

  test.each(SWITCHES)('%j --%s with a value that is neither true nor false', async (before, name) => {
    for (const value of ['maybe', '', '5', 'TRUE']) {
      const args = [...before, `--${name}=${value}`];
      expectWords(await cli.runHere(args), new RegExp(`--${name}=${value} makes no sense`), args);
    }
    const twice = [...before, `--no-${name}=true`];
    expectWords(await cli.runHere(twice), /makes no sense/, twice);
    expect(cli.files).toEqual(['ticks']);
  });

  test.each([
    [['inspect', '--segment', 'ticks']],
    [['inspect', 'ticks', '--segment', 'tocks']],
    [['inspect', 'ticks', '--no-segment']],
    [['produce', 'ticks', '--file', 'x']],
    [['produce', 'ticks', '--no-file']],
    [['groups', 'ticks', '--action', 'rm', '--group', 'default']],
    [['journal', 'ls', '/nowhere', '--journal=/elsewhere']],
  ])('what is told by its place is no option: %j', async (args) => {
    expectWords(await cli.runHere(args), /told by its place|argument is missing/, args);
    expect(groupNames()).toEqual(['default']);
  });

  test.each([
    [['ls', '--__proto__', '5']],
    [['ls', '--__proto__.x', '5']],
    [['ls', '--constructor', '5']],
    [['ls', '--toString']],
    [['ls', '--no-constructor']],
    [['constructor']],
    [['__proto__']],
    [['hasOwnProperty', 'x']],
    [['inspect', 'ticks', 'tocks']],
    [['ls', '-x']],
    [['ls', '-json']],
    [['create', '__proto__']],
    [['create', 'x'.repeat(100_000)]],
    [['create', 'x', '--capacity', '5constructor']],
    [['create', 'x', '--capacity', '5__proto__']],
  ])('what every object has, and what nobody knows: %.60j', async (args) => {
    expectWords(await cli.runHere(args), /Unknown (argument|option)|no name|no size|no such command/, args);
    expect(cli.files).toEqual(['ticks']);
  });
});

describe('what is given twice', () => {
  test('the last one counts, whatever kind it is', async () => {
    const twice = [
      '--max-groups',
      '3',
      '--max-groups',
      '5',
      '--mode',
      '0666',
      '--mode=0600',
      '--checksum',
      '--no-checksum',
    ];
    expect(await cli.runHere(['create', 'x', '--capacity', '64KiB', ...twice])).toMatchObject({ code: 0 });
    expect(inspectSegment('x', { directory: cli.directory })).toMatchObject({ maxGroups: 5, checksum: false });
    expect(
      await cli.runHere(['consume', 'ticks', '--group', 'a', '--group', 'b', '--count', '1', '--count', '0']),
    ).toMatchObject({
      code: 0,
    });
  });

  test('a good value does not hide a last one that is wrong', async () => {
    const args = ['consume', 'ticks', '--count', '5', '--count', 'five'];
    expectWords(await cli.runHere(args), /count is "five"/, args);
  });
});

test('names are taken as they are written, also where they look like numbers', async () => {
  for (const name of ['1e3', '0x10', '007', '12345678901234567890', 'constructor', 'true']) {
    expect(await cli.runHere(['create', name, '--capacity', '64KiB'])).toMatchObject({ code: 0 });
    expect(cli.files).toContain(name);
    const { code, stdout } = await cli.runHere(['inspect', name, '--json']);
    expect([code, JSON.parse(stdout.toString())]).toMatchObject([0, { name, coordinator: null }]);
  }
});

describe('what nobody has foreseen is one line, and 1', () => {
  const FAILING = `process.on('SIGUSR2', () => { throw new TypeError('unforeseen\\n  at all'); });`;
  const preload = (text: string) => ({
    NODE_OPTIONS: `--import ${JSON.stringify(`data:text/javascript,${encodeURIComponent(text)}`)}`,
  });

  test.each([
    ['', /^hermes: failed unexpectedly: TypeError: unforeseen at all \(HERMES_DEBUG=1 shows where\)\n$/],
    ['1', /^hermes: failed unexpectedly: .*\n.*\n {4}at /s],
  ])('in a command that stays, HERMES_DEBUG=%j', async (HERMES_DEBUG, words) => {
    const running = cli.start(['consume', 'ticks'], { env: { ...preload(FAILING), HERMES_DEBUG } });
    while (inspectSegment('ticks', { directory: cli.directory }).groups[0]!.members.length === 0)
      await new Promise((next) => setTimeout(next, 20));
    const { code, stderr } = await running.kill('SIGUSR2');
    expect(code).toBe(1);
    expect(stderr).toMatch(words);
  });
});
